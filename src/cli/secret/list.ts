import { composeFamilies } from '../../compose.ts'
import type { InMemory } from '../../compose-owner.ts'
import type { Catalog } from '../../config/catalog.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import { openCatalog } from '../catalog-file.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { ageText, leftText } from './age-text.ts'
import { inMemory } from './in-memory.ts'
import { lastUses } from './last-used.ts'

interface Listed {
  readonly name: string
  readonly entry: SecretEntry | Refusal
  readonly tools: readonly string[]
  /** RFC 3339. */
  readonly lastUsed: string | null
  readonly memory: InMemory
}

const COLUMNS = [
  ...['NAME', 'PROVIDER', 'WHERE', 'TAGS', 'WATCH'],
  ...['CACHE', 'CACHED', 'AGE', 'USED BY', 'LAST USED'],
]

/**
 * `keyhand secret list`: the catalog's secrets, where each lives, what uses it, and what running servers have of it in memory.
 * Nothing is resolved.
 */
export async function secretList(io: Io): Promise<ExitCode> {
  const catalog = await openCatalog(io.places.home, composeFamilies(io))
  const secrets = await listed(io, catalog)
  if (secrets.length === 0) io.say('The catalog has no secret yet: keyhand secret set NAME')
  else if (!io.json) {
    const { tableText } = await import('../table.ts')
    const now = io.now()
    io.say(
      tableText(
        COLUMNS,
        secrets.map((one) => rowOf(now, one)),
      ),
    )
  }
  io.data({ secrets: secrets.map(dataOf) })
  return EXIT.ok
}

async function listed(io: Io, catalog: Catalog): Promise<Listed[]> {
  const last = await lastUses(io.places.state)
  const entries = [...catalog.secrets]
  const memory = await inMemory(
    io,
    entries.flatMap(([, entry]) => (isRefusal(entry) ? [] : [entry])),
  )
  return entries.map(([name, entry]) => ({
    name,
    entry,
    tools: toolsUsing(catalog, name),
    lastUsed: last.get(name) ?? null,
    memory: memory.get(name) ?? { cachedUntil: null, createdAt: null },
  }))
}

/** The tools of the catalog that need a secret. One with a mistake cannot say what it needs. */
export function toolsUsing(catalog: Catalog, name: string): string[] {
  return [...catalog.tools].flatMap(([tool, entry]) =>
    !isRefusal(entry) && entry.secrets.includes(name) ? [tool] : [],
  )
}

function rowOf(now: number, { name, entry, tools, lastUsed, memory }: Listed): string[] {
  const users = [tools.join(', ') || '-', lastUsed ?? '-']
  if (isRefusal(entry)) {
    return [name, '(with a mistake: keyhand scope check)', '', '', '', '', '', '', ...users]
  }
  const { instance, reference, watch, cacheMs } = entry
  const where = whereText(jsonOf(reference))
  const { cachedUntil, createdAt } = memory
  const times = [durationText(cacheMs), leftText(cachedUntil, now), ageText(createdAt, now)]
  return [name, instance, where, tagsText(entry), watch, ...times, ...users]
}

function dataOf({ name, entry, tools, lastUsed, memory }: Listed): JsonObject {
  const last_used = lastUsed
  if (isRefusal(entry)) return { name, tools, problem: entry.message, last_used }
  const { provider, instance, reference, tags, watch, cacheMs } = entry
  const where = { provider, instance, reference: jsonOf(reference) }
  const times = {
    cached_until: timeOf(memory.cachedUntil),
    version_created: timeOf(memory.createdAt),
  }
  return { name, ...where, tags, watch, cache_ms: cacheMs, ...times, tools, last_used }
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function tagsText({ tags }: SecretEntry): string {
  return (
    Object.entries(tags)
      .map(([tag, value]) => `${tag}=${value}`)
      .join(', ') || '-'
  )
}

/** `id prod/stripe, key api_key`; `-` where the name says it all. */
function whereText(reference: JsonObject): string {
  const parts = Object.entries(reference).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return parts.length === 0 ? '-' : parts.join(', ')
}

function durationText(ms: number): string {
  if (ms === 0) return '-'
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`
}

/** What a schema gave back is data; what is not is left out. */
function jsonOf(value: unknown): JsonObject {
  const data: unknown = JSON.parse(JSON.stringify(value ?? null))
  return isJsonObject(data) ? data : {}
}
