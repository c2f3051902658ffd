import * as z from 'zod'
import { canonicalJson } from '../core/canonical-json.ts'
import { neededSecrets } from '../core/needed-secrets.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { ConfigProblem, SecretEntry, ToolEntry } from '../core/snapshot.ts'
import type { Place } from './issue-problems.ts'
import { mistake } from './problem.ts'
import type { ConfigNode } from './yaml-file.ts'

/** The word that a scope file has for the catalog as it stands; no profile can have it. */
export const NO_PROFILE = 'none'

/** What keeps a secret from every profile that is not for production. */
const MARK = { tag: 'environment', value: 'production' }

/** A profile's name. */
export const ProfileName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}$/,
    'must be lower-case letters, digits and `-`, at most 40, a letter first',
  )

/** One profile of the catalog: what is other in it. */
export const ProfileShape = z.strictObject({
  production: z
    .boolean()
    .describe(
      'Whether secrets tagged `environment: production` may be used under it; `false` where nothing is said',
    )
    .optional(),
  secrets: z
    .record(z.string(), z.unknown())
    .describe('Where values live under this profile: each replaces the secret of that name')
    .optional(),
  tools: z
    .record(z.string(), z.unknown())
    .describe('What is other of a tool; one that is changed must have all its secrets given above')
    .optional(),
})

/** A tool as it is under a profile: what the profile says, over what the catalog says, each at its own place in the file. */
export function overlaid(base: ConfigNode, own: ConfigNode): ConfigNode {
  const entries = new Map([...base.entries, ...own.entries])
  const value = Object.fromEntries([...entries].map(([name, entry]) => [name, entry.node.value]))
  return { ...own, value, entries }
}

/** Secrets for production, and what is fetched with them, as refusals. */
export function withoutProduction(
  secrets: ReadonlyMap<string, SecretEntry | Refusal>,
  profile: string,
): ReadonlyMap<string, SecretEntry | Refusal> {
  return new Map(
    [...secrets].map(([name, entry]) => {
      if (isRefusal(entry)) return [name, entry]
      const marked = neededSecrets([name], secrets).find(isForProduction)
      return [name, marked === undefined ? entry : productionRefusal(marked.name, profile)]
    }),
  )
}

function isForProduction({ tags }: SecretEntry): boolean {
  const value = Object.hasOwn(tags, MARK.tag) ? tags[MARK.tag] : undefined
  return value?.toLowerCase() === MARK.value
}

function productionRefusal(name: string, profile: string): Refusal {
  return refuse(
    'config_error',
    `the secret \`${name}\` is tagged \`environment: production\`, and the profile \`${profile}\` is not for production`,
    `give it another value in \`profiles.${profile}.secrets\``,
  )
}

/**
 * What is wrong with a tool that a profile changes. INVARIANT: what a profile says of a tool besides its description may
 * send its credentials elsewhere, so none of them may be one that the tool has without the profile.
 */
export function movedProblems(
  { node, key, name }: Place,
  tool: ToolEntry,
  profile: {
    readonly name: string
    /** The secrets that the profile gives. */
    readonly own: ReadonlySet<string>
    readonly base: ReadonlyMap<string, SecretEntry | Refusal>
    readonly secrets: ReadonlyMap<string, SecretEntry | Refusal>
  },
): readonly ConfigProblem[] {
  if ([...node.entries.keys()].every((field) => field === 'description')) return []
  const stored = tool.minted.kind === 'store' ? [tool.minted.secret] : []
  const needed = [...new Set([...tool.secrets, ...stored])]
  const fix = `add another place for it to \`profiles.${profile.name}.secrets\``
  const missing = needed.find((secret) => !profile.own.has(secret))
  if (missing !== undefined) {
    const message = `the profile \`${profile.name}\` changes \`${name}\`, and does not give its secret \`${missing}\`: the real one could go elsewhere`
    return [mistake(key, message, fix)]
  }
  const real = new Set([...profile.base.values()].flatMap(placeOf))
  const same = needed.find((secret) =>
    placeOf(profile.secrets.get(secret)).some((at) => real.has(at)),
  )
  if (same === undefined) return []
  const message = `the profile \`${profile.name}\` changes \`${name}\`, and gives its secret \`${same}\` the value that it has without the profile: the real one could go elsewhere`
  return [mistake(key, message, fix)]
}

function placeOf(entry: SecretEntry | Refusal | undefined): readonly string[] {
  if (entry === undefined || isRefusal(entry)) return []
  return [canonicalJson([entry.name, entry.provider, entry.reference])]
}
