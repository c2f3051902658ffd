import * as z from 'zod'
import type { Refusal } from '../core/refusal.ts'
import type { ConfigProblem, SecretEntry, ToolEntry } from '../core/snapshot.ts'
import { readSecret, readTool } from './catalog-entry.ts'
import { type CatalogProfile, readProfile } from './catalog-profile.ts'
import type { Families } from './families.ts'
import { CATALOG_FILE } from './home-layout.ts'
import type { Place } from './issue-problems.ts'
import { parsePart } from './parse-part.ts'
import { mistake, refusalOf } from './problem.ts'
import { everyInstance, readInstance } from './provider-instance.ts'
import { connectSecrets } from './secret-needs.ts'
import { type ConfigNode, type FormProblem, parseYaml } from './yaml-file.ts'

/** More than anyone has, few enough to be read at each change. */
const MAX_ENTRIES = 1_000
const MAX_PROFILES = 20

/** The catalog as a whole; its entries are read one by one, so that a mistake in one spoils no other. */
export const CatalogShape = z.strictObject({
  version: z.literal(1),
  providers: z
    .record(z.string(), z.unknown())
    .describe('How to reach the places where values live: what secrets of the same one share')
    .optional(),
  secrets: z
    .record(z.string(), z.unknown())
    .describe('Where each value lives, never the value')
    .optional(),
  tools: z.record(z.string(), z.unknown()).describe('What can be done with them').optional(),
  profiles: z
    .record(z.string(), z.unknown())
    .describe('What is other of secrets and tools where an agent runs under a profile')
    .optional(),
  settings: z.strictObject({}).describe('Nothing can be set yet').optional(),
})

export interface Catalog {
  readonly secrets: ReadonlyMap<string, SecretEntry | Refusal>
  readonly tools: ReadonlyMap<string, ToolEntry | Refusal>
  readonly profiles: ReadonlyMap<string, CatalogProfile>
  /** A mistake outside of the entries: it governs all calls. */
  readonly refusal: Refusal | null
  readonly problems: readonly ConfigProblem[]
}

const SECTIONS = ['providers', 'secrets', 'tools', 'profiles'] as const

/** Reads keyhand.yaml. A mistake inside one entry makes that entry a refusal, and those that need it; any other refuses all. */
export function readCatalog(text: string, families: Families): Catalog {
  const { root, problems: form } = parseYaml(CATALOG_FILE, text)
  if (root === null) return unusable(form.map(({ problem }) => problem))
  const whole = [...form.filter((one) => entryOf(one) === null).map(({ problem }) => problem)]
  const place: Place = { node: root, key: root.at, name: CATALOG_FILE }
  const shape = parsePart(CatalogShape, root.value, place)
  if (!shape.ok) whole.push(...shape.problems)
  for (const section of SECTIONS) {
    const node = root.entries.get(section)?.node
    const most = section === 'profiles' ? MAX_PROFILES : MAX_ENTRIES
    if (node !== undefined && node.entries.size > most) {
      whole.push(mistake(node.at, `there are more than ${most} ${section}`))
      return unusable(whole)
    }
  }
  const problems: ConfigProblem[] = []
  const entries = <T>(
    path: readonly string[],
    read: (place: Place) => T | readonly ConfigProblem[] | Refusal,
  ) => {
    const all = new Map<string, T | Refusal>()
    for (const [name, { key, node }] of nodeAt(root, path)?.entries ?? []) {
      const own = form
        .filter((one) => entryOf(one) === [...path, name].join('.'))
        .map(({ problem }) => problem)
      const entry = own.length > 0 ? own : read({ node, key, name })
      if (!isProblems(entry)) all.set(name, entry)
      else {
        problems.push(...entry)
        const refusal = refusalOf(entry)
        if (refusal !== null) all.set(name, refusal)
      }
    }
    return all
  }
  const instances = everyInstance(
    families,
    entries(['providers'], (at) => readInstance(at, families)),
  )
  const read = entries(['secrets'], (at) => readSecret(at, instances))
  const connected = connectSecrets(read)
  problems.push(...connected.problems)
  const { secrets } = connected
  const tools = entries(['tools'], (at) => readTool(at, families, secrets))
  const toolNodes = nodeAt(root, ['tools'])?.entries ?? new Map()
  const base = { families, instances, read, secrets, tools, toolNodes }
  const profiles = new Map<string, CatalogProfile>()
  for (const [name, { key, node }] of nodeAt(root, ['profiles'])?.entries ?? []) {
    const one = readProfile({ node, key, name }, base, entries)
    profiles.set(name, one.profile)
    problems.push(...one.problems)
  }
  const unique = dedupe(whole)
  return {
    secrets,
    tools,
    profiles,
    refusal: refusalOf(unique),
    problems: dedupe([...unique, ...problems]),
  }
}

function nodeAt(root: ConfigNode, path: readonly string[]): ConfigNode | null {
  return path.reduce<ConfigNode | null>((node, step) => node?.entries.get(step)?.node ?? null, root)
}

/** A catalog of which nothing can be used. */
export function unusable(problems: readonly ConfigProblem[]): Catalog {
  const nothing = { secrets: new Map(), tools: new Map(), profiles: new Map() }
  return { ...nothing, refusal: refusalOf(problems), problems }
}

/** In the order of the file, the first of the mistakes at each place: the others follow from it. */
export function dedupe(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>()
  const first = problems.filter(({ position: { line, column } }) => {
    const at = `${line}:${column}`
    return !seen.has(at) && seen.add(at)
  })
  return first.sort(({ position: a }, { position: b }) => a.line - b.line || a.column - b.column)
}

/** The entry that a mistake of form is in, as its path; null where it is in none. */
function entryOf({ path }: FormProblem): string | null {
  const words = path.map(String)
  const [section = '', ...rest] = words
  if (section === 'profiles') {
    const isEntry = rest.length >= 3 && (rest[1] === 'secrets' || rest[1] === 'tools')
    return isEntry ? words.slice(0, 4).join('.') : null
  }
  const isEntry = SECTIONS.some((one) => one === section) && rest.length >= 1
  return isEntry ? words.slice(0, 2).join('.') : null
}

function isProblems(value: unknown): value is readonly ConfigProblem[] {
  return Array.isArray(value)
}
