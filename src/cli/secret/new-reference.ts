import type { Families } from '../../config/families.ts'
import { knownKeys } from '../../config/known-keys.ts'
import { BrokerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'

type SecretProvider = Families['providers'] extends ReadonlyMap<string, infer P> ? P : never

/**
 * The reference that `--ref key=value` options make.
 *
 * @throws BrokerError `usage`; INVARIANT: without a word of what was written, which may be a value.
 */
export function newReference(
  provider: SecretProvider,
  options: readonly string[],
): { readonly text: JsonObject; readonly parsed: unknown } {
  const pairs = options.map((option): [string, string] => {
    const [, key, value] = /^([a-z][a-z0-9_]{0,39})=(.+)$/s.exec(option) ?? []
    if (key === undefined || value === undefined) {
      throw new BrokerError('usage', '`--ref` must be KEY=VALUE', { fix: fixOf(provider) })
    }
    return [key, value]
  })
  const text = Object.fromEntries(pairs)
  const parsed = provider.reference.safeParse(text)
  if (parsed.success) return { text, parsed: parsed.data }
  throw new BrokerError(
    'usage',
    `\`--ref\` does not name a place in the provider \`${provider.type}\``,
    {
      fix: fixOf(provider),
    },
  )
}

function fixOf({ type, reference }: SecretProvider): string {
  return `The keys of \`${type}\`: ${knownKeys(reference, [], {}).join(', ')}.`
}
