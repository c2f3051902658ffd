import * as z from 'zod'
import type { Refusal } from '../core/refusal.ts'
import type { ConfigProblem, SecretEntry, ToolEntry } from '../core/snapshot.ts'
import { readSecret, readTool } from './catalog-entry.ts'
import type { Families } from './families.ts'
import { CATALOG_FILE } from './home-layout.ts'
import type { Place } from './issue-problems.ts'
import { parsePart } from './parse-part.ts'
import { mistake, refusalOf } from './problem.ts'
import { everyInstance, readInstance } from './provider-instance.ts'
import { connectSecrets } from './secret-needs.ts'
import { type FormProblem, parseYaml } from './yaml-file.ts'

/** More than anyone has, few enough to be read at each change. */
const MAX_ENTRIES = 1_000

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
  settings: z.strictObject({}).describe('Nothing can be set yet').optional(),
})

export interface Catalog {
  readonly secrets: ReadonlyMap<string, SecretEntry | Refusal>
  readonly tools: ReadonlyMap<string, ToolEntry | Refusal>
  /** A mistake outside of the entries: it governs all calls. */
  readonly refusal: Refusal | null
  readonly problems: readonly ConfigProblem[]
}

const SECTIONS = ['providers', 'secrets', 'tools'] as const

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
    if (node !== undefined && node.entries.size > MAX_ENTRIES) {
      whole.push(mistake(node.at, `there are more than ${MAX_ENTRIES} ${section}`))
      return unusable(whole)
    }
  }
  const problems: ConfigProblem[] = []
  const entries = <T>(
    section: (typeof SECTIONS)[number],
    read: (place: Place) => T | readonly ConfigProblem[] | Refusal,
  ) => {
    const all = new Map<string, T | Refusal>()
    for (const [name, { key, node }] of root.entries.get(section)?.node.entries ?? []) {
      const own = form
        .filter((one) => entryOf(one) === `${section}.${name}`)
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
    entries('providers', (at) => readInstance(at, families)),
  )
  const connected = connectSecrets(entries('secrets', (at) => readSecret(at, instances)))
  problems.push(...connected.problems)
  const { secrets } = connected
  const tools = entries('tools', (at) => readTool(at, families, secrets))
  const unique = dedupe(whole)
  return { secrets, tools, refusal: refusalOf(unique), problems: dedupe([...unique, ...problems]) }
}

/** A catalog of which nothing can be used. */
export function unusable(problems: readonly ConfigProblem[]): Catalog {
  return { secrets: new Map(), tools: new Map(), refusal: refusalOf(problems), problems }
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

function entryOf({ path }: FormProblem): string | null {
  const [section, name] = path
  const isEntry = SECTIONS.some((one) => one === section) && typeof name === 'string'
  return isEntry ? `${section}.${name}` : null
}

function isProblems(value: unknown): value is readonly ConfigProblem[] {
  return Array.isArray(value)
}
