import { composeFamilies } from '../../compose.ts'
import type { Catalog } from '../../config/catalog.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import { openCatalog } from '../catalog-file.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { lastUses } from './last-used.ts'

/** `keyhand secret list`: the catalog's secrets, where each lives and what uses it. Nothing is resolved. */
export async function secretList(io: Io): Promise<ExitCode> {
  const catalog = await openCatalog(io.places.home, composeFamilies(io))
  const secrets = [...catalog.secrets]
  const last = await lastUses(io.places.state)
  if (secrets.length === 0) io.say('The catalog has no secret yet: keyhand secret set NAME')
  else if (!io.json) {
    const { tableText } = await import('../table.ts')
    const rows = secrets.map(([name, entry]) =>
      rowOf(name, entry, toolsUsing(catalog, name), last.get(name) ?? null),
    )
    const columns = ['NAME', 'PROVIDER', 'WHERE', 'TAGS', 'WATCH', 'CACHE', 'USED BY', 'LAST USED']
    io.say(tableText(columns, rows))
  }
  io.data({
    secrets: secrets.map(([name, entry]) => ({
      ...dataOf(name, entry, toolsUsing(catalog, name)),
      last_used: last.get(name) ?? null,
    })),
  })
  return EXIT.ok
}

/** The tools of the catalog that need a secret. One with a mistake cannot say what it needs. */
export function toolsUsing(catalog: Catalog, name: string): string[] {
  return [...catalog.tools].flatMap(([tool, entry]) =>
    !isRefusal(entry) && entry.secrets.includes(name) ? [tool] : [],
  )
}

function rowOf(
  name: string,
  entry: SecretEntry | Refusal,
  tools: readonly string[],
  lastUsed: string | null,
): string[] {
  const users = [tools.join(', ') || '-', lastUsed ?? '-']
  if (isRefusal(entry))
    return [name, '(with a mistake: keyhand scope check)', '', '', '', '', ...users]
  const { instance, reference, watch, cacheMs } = entry
  const where = whereText(jsonOf(reference))
  return [name, instance, where, tagsText(entry), watch, durationText(cacheMs), ...users]
}

function dataOf(name: string, entry: SecretEntry | Refusal, tools: readonly string[]): JsonObject {
  if (isRefusal(entry)) return { name, tools, problem: entry.message }
  const { provider, instance, reference, tags, watch, cacheMs } = entry
  const where = { provider, instance, reference: jsonOf(reference) }
  return { name, ...where, tags, watch, cache_ms: cacheMs, tools }
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
