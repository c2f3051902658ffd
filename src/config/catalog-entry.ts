import { CATALOG_NAME } from '../core/agent.ts'
import { isJsonObject } from '../core/json.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { Position } from '../core/rule.ts'
import type { ConfigProblem, SecretEntry, ToolEntry } from '../core/snapshot.ts'
import type { Families } from './families.ts'
import { CatalogName, SecretFields, ToolFields } from './fields.ts'
import type { Place } from './issue-problems.ts'
import { guarded, type Parsed, parsePart, splitKeys } from './parse-part.ts'
import { mistake } from './problem.ts'
import { type ProviderInstance, withDefaults } from './provider-instance.ts'
import { didYouMean, knownWords, shown } from './wording.ts'
import type { ConfigNode } from './yaml-file.ts'

const SECRET_KEYS = Object.keys(SecretFields.shape)
const TOOL_KEYS = Object.keys(ToolFields.shape)

/** One secret of the catalog; what its provider logs in with is still to be found among the others. */
export interface ReadSecret {
  readonly entry: Omit<SecretEntry, 'needs'>
  /** The names of the secrets that its provider logs in with. */
  readonly needs: readonly string[]
  /** Where it stands, with what its provider's entry says for it. */
  readonly place: Place
}

/** One secret of the catalog, or what is wrong with it; a refusal where the entry of its provider is wrong. */
export function readSecret(
  place: Place,
  instances: ReadonlyMap<string, ProviderInstance | Refusal>,
): ReadSecret | readonly ConfigProblem[] | Refusal {
  const what = 'a map that says where the value lives, never the value'
  const head = headOf(place, 'provider', instances, what)
  if (!head.ok) return head.problems
  const instance = head.value
  if (isRefusal(instance)) {
    const message = `the provider of this secret cannot be used: ${instance.message}`
    return refuse('config_error', message, instance.fix)
  }
  const { provider } = instance
  const merged: Place = { ...place, node: withDefaults(place.node, instance) }
  const { picked, rest } = splitKeys(merged.node.value, SECRET_KEYS)
  const fields = parsePart(SecretFields, picked, merged)
  const reference = parsePart(provider.reference, rest, merged, SECRET_KEYS)
  if (!fields.ok || !reference.ok) return problemsOf(fields, reference)
  const needs = guarded(merged, () => [...new Set(provider.needs(reference.value))])
  if (!needs.ok) return needs.problems
  const { cache, stale_if_error, timeout, watch, redact, tags, rotation, grace } = fields.value
  if ((rotation === undefined) !== (grace === undefined)) {
    const missing = rotation === undefined ? 'rotation: overlap' : 'grace: 10m'
    return [mistake(place.key, '`rotation` and `grace` go together', `add \`${missing}\``)]
  }
  const entry = {
    name: place.name,
    provider: provider.type,
    instance: instance.name,
    reference: reference.value,
    cacheMs: cache ?? provider.defaults.cacheMs,
    ...(cache === undefined ? {} : { leaseCacheMs: cache }),
    staleIfErrorMs: stale_if_error ?? 0,
    timeoutMs: timeout ?? null,
    overlapMs: grace ?? null,
    tags: tags ?? {},
    watch: watch ?? provider.defaults.watch,
    redact: redact ?? 'full',
    position: place.key,
  }
  return { entry, needs: needs.value, place: merged }
}

/** One tool of the catalog, or what is wrong with it; a refusal where a secret that it needs is wrong. */
export function readTool(
  place: Place,
  families: Families,
  secrets: ReadonlyMap<string, SecretEntry | Refusal>,
): ToolEntry | readonly ConfigProblem[] | Refusal {
  const head = headOf(place, 'type', families.toolTypes, 'a map that says what the tool does')
  if (!head.ok) return head.problems
  const toolType = head.value
  const { picked, rest } = splitKeys(place.node.value, TOOL_KEYS)
  const fields = parsePart(ToolFields, picked, place)
  const settings = parsePart(toolType.settings, rest, place, TOOL_KEYS)
  if (!fields.ok || !settings.ok) return problemsOf(fields, settings)
  const needed = guarded(place, () => [...new Set(toolType.secrets(settings.value))])
  if (!needed.ok) return needed.problems
  const unknown = needed.value.filter((name) => !secrets.has(name))
  if (unknown.length > 0)
    return unknown.map((name) => noSuchSecret(place.node, name, secrets.keys()))
  for (const name of needed.value) {
    const secret = secrets.get(name)
    if (isRefusal(secret)) {
      return refuse(
        'config_error',
        `the secret \`${name}\` of this tool cannot be used: ${secret.message}`,
        secret.fix,
      )
    }
  }
  const minted = fields.value.minted ?? { kind: 'withhold' }
  const unwritable =
    minted.kind === 'store' ? storeProblem(place, minted.secret, families, secrets) : null
  if (unwritable !== null) return isRefusal(unwritable) ? unwritable : [unwritable]
  return {
    name: place.name,
    type: toolType.type,
    settings: settings.value,
    description: fields.value.description ?? null,
    secrets: needed.value,
    minted,
    position: place.key,
  }
}

/** Why what this tool's upstream mints cannot be stored as that secret; null where it can. */
function storeProblem(
  place: Place,
  name: string,
  families: Families,
  secrets: ReadonlyMap<string, SecretEntry | Refusal>,
): ConfigProblem | Refusal | null {
  const node = place.node.entries.get('minted')?.node ?? place.node
  const secret = secrets.get(name)
  if (secret === undefined) return noSuchSecret(node, name, secrets.keys())
  if (isRefusal(secret)) {
    const message = `the secret \`${name}\` that this tool stores cannot be used: ${secret.message}`
    return refuse('config_error', message, secret.fix)
  }
  if (families.providers.get(secret.provider)?.store != null) return null
  const writable = [...families.providers.values()].filter(({ store }) => store !== null)
  return mistake(
    findText(node, name) ?? node.at,
    `the secret \`${name}\` cannot be stored: keyhand only reads from \`${secret.provider}\``,
    `let it live in one of: ${writable.map(({ type }) => type).join(', ')}`,
  )
}

/** Checks an entry's name and finds what its first word (`provider`, `type`) names. */
function headOf<T>(
  place: Place,
  word: 'provider' | 'type',
  family: ReadonlyMap<string, T>,
  what: string,
): Parsed<T> {
  const name = CatalogName.safeParse(place.name)
  if (!name.success) {
    const why = name.error.issues[0]?.message ?? 'is not allowed'
    return failed(mistake(place.key, `the name ${shown(place.name)} ${why}`))
  }
  if (!isJsonObject(place.node.value))
    return failed(mistake(place.node.at, `\`${place.name}\` must be ${what}`))
  const entry = place.node.entries.get(word)
  if (entry === undefined) {
    return failed(
      mistake(place.key, `\`${place.name}\` has no \`${word}\``, knownWords('', family.keys())),
    )
  }
  const { value, at } = entry.node
  if (typeof value !== 'string') return failed(mistake(at, `\`${word}\` must be text`))
  const found = family.get(value)
  if (found !== undefined) return { ok: true, value: found }
  const kind = word === 'type' ? 'tool type' : 'provider'
  return failed(mistake(at, `unknown ${kind} ${shown(value)}`, knownWords(value, family.keys())))
}

/** INVARIANT: what is no name is not shown: it may be the value itself, put where its name belongs. */
export function noSuchSecret(
  node: ConfigNode,
  name: string,
  known: Iterable<string>,
): ConfigProblem {
  const at = findText(node, name) ?? node.at
  const named = shown(name)
  if (!CATALOG_NAME.test(name) || !named.startsWith('`')) {
    const message = 'the name of a secret stands here, never its value'
    return mistake(at, message, 'add the secret below `secrets:`, and write its name here')
  }
  const fix = didYouMean(name, known) ?? `add it with \`keyhand secret set ${name}\``
  return mistake(at, `there is no secret ${named} in the catalog`, fix)
}

export function findText(node: ConfigNode, text: string): Position | null {
  const { value } = node
  if (value === text || (typeof value === 'string' && value.startsWith(`${text}.`))) return node.at
  for (const inner of [...node.items, ...[...node.entries.values()].map((entry) => entry.node)]) {
    const found = findText(inner, text)
    if (found !== null) return found
  }
  return null
}

function failed(problem: ConfigProblem): Parsed<never> {
  return { ok: false, problems: [problem] }
}

function problemsOf(...parts: readonly Parsed<unknown>[]): ConfigProblem[] {
  return parts.flatMap((part) => (part.ok ? [] : part.problems))
}
