import { type Refusal, refuse } from '../core/refusal.ts'
import type { ConfigProblem, SecretEntry, ToolEntry } from '../core/snapshot.ts'
import { type ReadSecret, readSecret, readTool } from './catalog-entry.ts'
import type { Families } from './families.ts'
import type { Place } from './issue-problems.ts'
import { parsePart } from './parse-part.ts'
import { mistake, refusalOf } from './problem.ts'
import {
  movedProblems,
  NO_PROFILE,
  overlaid,
  ProfileName,
  ProfileShape,
  withoutProduction,
} from './profile.ts'
import type { ProviderInstance } from './provider-instance.ts'
import { connectSecrets } from './secret-needs.ts'
import { knownWords, shown } from './wording.ts'
import type { ConfigNode } from './yaml-file.ts'

/** The catalog under one profile. */
export interface CatalogProfile {
  readonly secrets: ReadonlyMap<string, SecretEntry | Refusal>
  readonly tools: ReadonlyMap<string, ToolEntry | Refusal>
  /** A mistake that governs all calls under it. */
  readonly refusal: Refusal | null
}

/** The catalog as it stands, over which a profile is laid. */
export interface BaseCatalog {
  readonly families: Families
  readonly instances: ReadonlyMap<string, ProviderInstance | Refusal>
  readonly read: ReadonlyMap<string, ReadSecret | Refusal>
  readonly secrets: ReadonlyMap<string, SecretEntry | Refusal>
  readonly tools: ReadonlyMap<string, ToolEntry | Refusal>
  /** `tools` as they stand in the file. */
  readonly toolNodes: ConfigNode['entries']
}

type Entries = <T>(
  path: readonly string[],
  read: (place: Place) => T | readonly ConfigProblem[] | Refusal,
) => Map<string, T | Refusal>

/**
 * Reads one profile. A mistake inside one of its entries refuses that entry under it; any other refuses all under it, since a
 * name that was spelt wrong leaves the real value in its place.
 *
 * @param entries reads the entries of a section, and keeps what is wrong with them.
 */
export function readProfile(
  place: Place,
  base: BaseCatalog,
  entries: Entries,
): { readonly profile: CatalogProfile; readonly problems: readonly ConfigProblem[] } {
  const { name, node } = place
  const wrong = [...nameProblems(place), ...shapeProblems(place, base)]
  const path = (section: string) => ['profiles', name, section]
  const own = entries(path('secrets'), (at) => readSecret(at, base.instances))
  const connected = connectSecrets(new Map([...base.read, ...own]))
  const forProduction = node.entries.get('production')?.node.value === true
  const secrets = forProduction ? connected.secrets : withoutProduction(connected.secrets, name)
  const changed = entries(path('tools'), (at) => {
    const before = base.toolNodes.get(at.name)
    // What is wrong with it is said with the profile's own mistakes.
    if (before === undefined || at.node.entries.has('type'))
      return refuse('config_error', `the profile \`${name}\` cannot change this tool so`)
    const merged = { ...at, node: overlaid(before.node, at.node) }
    const tool = readTool(merged, base.families, secrets)
    if (!isTool(tool)) return tool
    const problems = movedProblems(at, tool, {
      name,
      own: new Set(own.keys()),
      base: base.secrets,
      secrets,
    })
    return problems.length > 0 ? problems : tool
  })
  const tools = new Map<string, ToolEntry | Refusal>(changed)
  for (const [toolName, { key, node: toolNode }] of base.toolNodes) {
    if (tools.has(toolName)) continue
    const known = base.tools.get(toolName)
    const tool = readTool({ node: toolNode, key, name: toolName }, base.families, secrets)
    // What is wrong with it without the profile is wrong with it under it, and has been said.
    if (!isProblems(tool)) tools.set(toolName, tool)
    else if (known !== undefined) tools.set(toolName, known)
  }
  const problems = [...wrong, ...connected.problems]
  return { profile: { secrets, tools, refusal: refusalOf(wrong) }, problems }
}

function nameProblems({ key, name }: Place): readonly ConfigProblem[] {
  if (name === NO_PROFILE) {
    const message = `no profile can have the name \`${NO_PROFILE}\`: it stands for the catalog as it is`
    return [mistake(key, message, 'give it another name')]
  }
  const named = ProfileName.safeParse(name)
  if (named.success) return []
  const why = named.error.issues[0]?.message ?? 'is not allowed'
  return [mistake(key, `the name ${shown(name)} ${why}`)]
}

function shapeProblems(place: Place, base: BaseCatalog): readonly ConfigProblem[] {
  const shape = parsePart(ProfileShape, place.node.value, place)
  if (!shape.ok) return shape.problems
  return (['secrets', 'tools'] as const).flatMap((section) => {
    const known = section === 'secrets' ? base.read : base.toolNodes
    const word = section === 'secrets' ? 'secret' : 'tool'
    return [...(place.node.entries.get(section)?.node.entries ?? [])].flatMap(
      ([name, { key, node }]) => {
        if (!known.has(name)) {
          const message = `there is no ${word} ${shown(name)} in the catalog for a profile to change`
          return [mistake(key, message, knownWords(name, known.keys()))]
        }
        const type = section === 'tools' ? node.entries.get('type') : undefined
        return type === undefined
          ? []
          : [mistake(type.key, 'a profile cannot change the type of a tool', 'remove it')]
      },
    )
  })
}

function isTool(tool: ToolEntry | readonly ConfigProblem[] | Refusal): tool is ToolEntry {
  return 'settings' in tool
}

function isProblems(value: unknown): value is readonly ConfigProblem[] {
  return Array.isArray(value)
}
