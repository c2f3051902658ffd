import { isJsonObject, type Json } from '../core/json.ts'
import type { Refusal } from '../core/refusal.ts'
import type { ConfigProblem } from '../core/snapshot.ts'
import type { SecretProvider } from '../providers/provider.ts'
import type { Families } from './families.ts'
import { CatalogName, InstanceFields } from './fields.ts'
import type { Place } from './issue-problems.ts'
import { parsePart, splitKeys } from './parse-part.ts'
import { mistake } from './problem.ts'
import { knownWords, shown } from './wording.ts'
import type { ConfigNode } from './yaml-file.ts'

const INSTANCE_KEYS = Object.keys(InstanceFields.shape)

/** One entry of the catalog's `providers`: a place where values live, with the settings that its secrets share. */
export interface ProviderInstance {
  readonly name: string
  readonly provider: SecretProvider
  /** What is merged under the fields of each secret that names it; without `type`. */
  readonly defaults: ConfigNode['entries']
}

/** One entry of `providers`, or what is wrong with it. What only a secret can say (its path) may be missing here. */
export function readInstance(
  place: Place,
  families: Families,
): ProviderInstance | readonly ConfigProblem[] {
  const { name, node, key } = place
  const named = CatalogName.safeParse(name)
  if (!named.success) {
    const why = named.error.issues[0]?.message ?? 'is not allowed'
    return [mistake(key, `the name ${shown(name)} ${why}`)]
  }
  if (!isJsonObject(node.value))
    return [mistake(node.at, `\`${name}\` must be a map that says how to reach the provider`)]
  const written = node.entries.get('type')?.node
  const type: Json = written === undefined ? name : written.value
  const provider = typeof type === 'string' ? families.providers.get(type) : undefined
  if (provider === undefined) {
    if (written === undefined) {
      const fix = `add \`type\`; ${knownWords(name, families.providers.keys())}`
      return [mistake(key, `\`${name}\` has no \`type\`, and is none itself`, fix)]
    }
    if (typeof type !== 'string') return [mistake(written.at, '`type` must be text')]
    const fix = knownWords(type, families.providers.keys())
    return [mistake(written.at, `unknown provider ${shown(type)}`, fix)]
  }
  if (families.providers.has(name) && provider.type !== name) {
    const message = `\`${name}\` is itself a provider, and cannot name one of type \`${provider.type}\``
    return [mistake(key, message, 'give it another name')]
  }
  const defaults = new Map([...node.entries].filter(([field]) => field !== 'type'))
  const problems = ownProblems(place, provider)
  return problems.length > 0 ? problems : { name, provider, defaults }
}

/** The providers that a secret may name: those of the catalog, and each type by its own name where the catalog has none. */
export function everyInstance(
  families: Families,
  read: ReadonlyMap<string, ProviderInstance | Refusal>,
): ReadonlyMap<string, ProviderInstance | Refusal> {
  const plain = [...families.providers.values()].map((provider): [string, ProviderInstance] => [
    provider.type,
    { name: provider.type, provider, defaults: new Map() },
  ])
  return new Map([...plain, ...read])
}

/** What a secret says, with what its provider's entry says where the secret is silent; each at its own place in the file. */
export function withDefaults(node: ConfigNode, { defaults }: ProviderInstance): ConfigNode {
  if (defaults.size === 0) return node
  const entries = new Map([...defaults, ...node.entries])
  const value = Object.fromEntries([...entries].map(([name, entry]) => [name, entry.node.value]))
  return { ...node, value, entries }
}

/** A reference is read as a whole, and here stands only a part of one: of what is wrong, only what stands here counts. */
function ownProblems(place: Place, { reference }: SecretProvider): readonly ConfigProblem[] {
  const { picked, rest } = splitKeys(place.node.value, INSTANCE_KEYS)
  const fields = parsePart(InstanceFields, picked, place)
  const own = parsePart(reference, rest, place, INSTANCE_KEYS, ({ code, path }) => {
    const [first] = path
    if (first === undefined) return code === 'unrecognized_keys'
    return typeof first === 'string' && place.node.entries.has(first)
  })
  return [...(fields.ok ? [] : fields.problems), ...(own.ok ? [] : own.problems)]
}
