import * as z from 'zod'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { ConfigProblem, Scope, ScopedTool } from '../core/snapshot.ts'
import { type Catalog, dedupe } from './catalog.ts'
import type { CatalogProfile } from './catalog-profile.ts'
import type { Families } from './families.ts'
import { AgentName, Expires, Limits } from './fields.ts'
import { scopeFile } from './home-layout.ts'
import type { Place } from './issue-problems.ts'
import { parsePart } from './parse-part.ts'
import { mistake, refusalOf } from './problem.ts'
import { NO_PROFILE, ProfileName } from './profile.ts'
import { readRules } from './scope-rule.ts'
import { knownWords, listed, shown } from './wording.ts'
import { type ConfigNode, parseYaml } from './yaml-file.ts'

const MAX_RULES = 2_000

/** A scope file as a whole; its rules are read by their tools' types. */
export const ScopeShape = z.strictObject({
  agent: AgentName.describe("The agent's name, as the file's"),
  expires: Expires.optional(),
  profiles: z
    .array(ProfileName)
    .min(1)
    .max(20)
    .describe(
      'The profiles of the catalog that the agent may run under, the default first; `none` is the catalog as it stands, which holds where nothing is said',
    )
    .optional(),
  tools: z
    .record(z.string(), z.unknown())
    .describe('What the agent may do with which tool of the catalog'),
})

/** One tool of a scope file. */
export const ScopeToolShape = z.strictObject({
  allow: z.array(z.unknown()).min(1).describe('What is allowed; nothing else is').optional(),
  deny: z.array(z.unknown()).min(1).describe('What is denied whatever else allows it').optional(),
  limit: Limits.optional(),
})

/** A scope file, and the catalog under the profile that it runs under. */
export interface ReadScope {
  readonly scope: Scope | Refusal
  readonly problems: readonly ConfigProblem[]
  /** Null where it is the catalog as it stands, or nothing runs at all. */
  readonly profile: string | null
  readonly catalog: CatalogProfile
}

/**
 * Reads a scope file: right as a whole, or refused as a whole. A tool that is wrong in the catalog is refused by the catalog.
 *
 * @param wanted the profile that keyhand was started with; the file lists those that it may be.
 */
export function readScope(
  agent: string,
  text: string,
  catalog: Catalog,
  families: Families,
  wanted: string | null = null,
): ReadScope {
  const file = scopeFile(agent)
  const { root, problems: form } = parseYaml(file, text)
  const problems = form.map(({ problem }) => problem)
  const tools = new Map<string, ScopedTool>()
  let expiresAt: number | null = null
  let profiles: readonly string[] = []
  let profile: string | null = null
  let under: CatalogProfile = catalog
  if (root !== null) {
    problems.push(...emptyProblems(root, []))
    const shape = parsePart(ScopeShape, root.value, { node: root, key: root.at, name: file })
    if (!shape.ok) problems.push(...shape.problems)
    else {
      expiresAt = shape.value.expires ?? null
      profiles = shape.value.profiles ?? []
      problems.push(...unknownProfiles(root, profiles, catalog))
      if (shape.value.agent !== agent) {
        const at = root.entries.get('agent')?.node.at ?? root.at
        problems.push(
          mistake(
            at,
            `the agent is \`${shape.value.agent}\`, and the file is ${file}`,
            `write \`agent: ${agent}\`, or rename the file`,
          ),
        )
      }
    }
    profile = wanted ?? profiles[0] ?? NO_PROFILE
    under = profile === NO_PROFILE ? catalog : (catalog.profiles.get(profile) ?? catalog)
    for (const [name, { key, node }] of root.entries.get('tools')?.node.entries ?? []) {
      const read = readTool({ node, key, name }, under, families)
      problems.push(...read.problems)
      tools.set(name, read.tool)
    }
    const rules = [...tools.values()].reduce((sum, tool) => sum + tool.rules.length, 0)
    if (rules > MAX_RULES) problems.push(mistake(root.at, `there are more than ${MAX_RULES} rules`))
  }
  const unique = dedupe(problems)
  const refusal = refusalOf(unique) ?? notListed(agent, wanted, profiles)
  const chosen = refusal !== null || profile === NO_PROFILE ? null : profile
  return {
    scope: refusal ?? { agent, expiresAt, profiles, tools },
    problems: unique,
    profile: chosen,
    catalog: under,
  }
}

/** The command line is the agent's side: it picks among what the file lists. */
function notListed(
  agent: string,
  wanted: string | null,
  profiles: readonly string[],
): Refusal | null {
  const allowed = profiles.length === 0 ? [NO_PROFILE] : profiles
  if (wanted === null || allowed.includes(wanted)) return null
  const file = scopeFile(agent)
  const fix =
    profiles.length === 0
      ? `start keyhand without \`--profile\`, or ask the human to list it in ${file}`
      : `start keyhand with one that it lists (${listed(profiles)}), or ask the human to add it`
  return refuse('config_error', `${file} does not list the profile ${shown(wanted)}`, fix)
}

function unknownProfiles(
  root: ConfigNode,
  profiles: readonly string[],
  catalog: Catalog,
): readonly ConfigProblem[] {
  // A catalog that cannot be read says nothing of its profiles, and refuses all itself.
  if (catalog.refusal !== null) return []
  const items = root.entries.get('profiles')?.node.items ?? []
  return profiles.flatMap((name, index) => {
    if (name === NO_PROFILE || catalog.profiles.has(name)) return []
    const known = [...catalog.profiles.keys(), NO_PROFILE]
    const message = `there is no profile ${shown(name)} in the catalog`
    return [mistake(items[index]?.at ?? root.at, message, knownWords(name, known))]
  })
}

function readTool(
  place: Place,
  catalog: CatalogProfile,
  families: Families,
): { readonly tool: ScopedTool; readonly problems: readonly ConfigProblem[] } {
  const { node, key, name } = place
  const problems: ConfigProblem[] = []
  const entry = catalog.tools.get(name)
  if (entry === undefined && catalog.refusal === null) {
    problems.push(
      mistake(
        key,
        `there is no tool ${shown(name)} in the catalog`,
        knownWords(name, catalog.tools.keys()),
      ),
    )
  }
  const shape = parsePart(ScopeToolShape, node.value, place)
  if (!shape.ok) problems.push(...shape.problems)
  else if (shape.value.allow === undefined && shape.value.deny === undefined) {
    problems.push(
      mistake(key, `\`${name}\` has no rule`, 'add `allow:` with what is allowed, or remove it'),
    )
  }
  const known = entry === undefined || isRefusal(entry) ? null : entry
  const read = readRules(place, known, families)
  return {
    tool: {
      name,
      rules: read.rules,
      limits: shape.ok ? (shape.value.limit ?? []) : [],
      position: key,
    },
    problems: [...problems, ...read.problems],
  }
}

/** An empty list is what a commented-out line leaves behind: nobody meant it. */
function emptyProblems(node: ConfigNode, path: readonly string[]): ConfigProblem[] {
  if (Array.isArray(node.value) && node.value.length === 0) {
    return [
      mistake(
        node.at,
        `${path.length === 0 ? 'this list' : shown(path.at(-1) ?? '')} is an empty list`,
        'name at least one, or remove the line',
      ),
    ]
  }
  return [
    ...node.items.flatMap((inner) => emptyProblems(inner, path)),
    ...[...node.entries].flatMap(([name, entry]) => emptyProblems(entry.node, [...path, name])),
  ]
}
