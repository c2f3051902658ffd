import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { VALUE_FIELD } from '../provider.ts'
import type { VaultReference } from './reference.ts'

/**
 * What Vault keeps at a path, as fields; with `key` that one alone, as the value.
 *
 * @throws BrokerError `secret_invalid` where there is no such field, or none; names are said, values never.
 */
export function fieldsOf(
  data: unknown,
  { path, key }: VaultReference,
  name: string,
): ReadonlyMap<string, Secret> {
  const entries = Object.entries(isJsonObject(data) ? data : {}).flatMap(
    ([field, value]): [string, string][] => {
      const text = textOf(value)
      return text === null || text === '' ? [] : [[field, text]]
    },
  )
  const names = entries.slice(0, 20).map(([field]) => `\`${field.slice(0, 64)}\``)
  const fix = names.length === 0 ? 'It has no fields at all.' : `Use one of: ${names.join(', ')}.`
  if (key === undefined) {
    if (entries.length > 0) {
      return new Map(entries.map(([field, text]) => [field, secretOf(name, field, text)]))
    }
    throw new BrokerError('secret_invalid', `\`${path}\` has no field with a value in Vault`)
  }
  const found = entries.find(([field]) => field === key)
  if (found !== undefined) return new Map([[VALUE_FIELD, new Secret(name, found[1])]])
  throw new BrokerError('secret_invalid', `\`${path}\` has no field \`${key}\` with a value`, {
    fix,
  })
}

function secretOf(name: string, field: string, text: string): Secret {
  return new Secret(name, text, field === VALUE_FIELD ? null : field)
}

/** Vault keeps JSON: what is not text is given as it would be written. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? null : JSON.stringify(value)
}
