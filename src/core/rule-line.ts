import type { Json, JsonObject } from './json.ts'
import { isJsonObject } from './json.ts'
import type { Limit, ScopeRule } from './rule.ts'

/** `100/hour`, as it stands in a scope file. */
export function limitText(limit: Limit): string {
  return `${limit.count}/${limit.window}`
}

/** A scope file's rule as data; empty where its tool type made something else of it. */
function ruleData(rule: ScopeRule): JsonObject {
  return isJsonObject(rule.rule) ? rule.rule : {}
}

/** One line for people and models: `GET /repos/acme/site/** any query, needs a human, 10/hour`. */
export function ruleLine(rule: ScopeRule): string {
  const obligations = [
    ...Object.entries(rule.secretTags ?? {}).map(
      ([tag, values]) => `secrets tagged ${tag}: ${values.join(' or ')}`,
    ),
    ...(rule.approval === null ? [] : ['needs a human']),
    ...rule.limits.map(limitText),
  ]
  return [ruleDataLine(ruleData(rule)), ...obligations].join(', ')
}

/**
 * A rule's data in one line, whatever its tool type. Where a rule speaks of requests (`methods`, `paths`), what it leaves
 * out is said too: an omission there means any.
 */
export function ruleDataLine(data: JsonObject): string {
  const { methods, paths, query, ...others } = data
  const parts: string[] = []
  if (methods !== undefined || paths !== undefined || query !== undefined) {
    parts.push(methods === undefined ? 'any method' : brief(methods))
    parts.push(paths === undefined ? 'any path' : brief(paths))
    parts.push(query === undefined ? 'any query' : queryText(query))
  }
  for (const [name, value] of Object.entries(others)) parts.push(`${name}: ${brief(value)}`)
  return parts.join(' ')
}

function queryText(query: Json): string {
  return isJsonObject(query) && Object.keys(query).length === 0
    ? 'no query'
    : `query: ${brief(query)}`
}

function brief(value: Json): string {
  if (Array.isArray(value)) return (value as readonly Json[]).map(brief).join(', ')
  if (isJsonObject(value)) {
    const entries = Object.entries(value)
    return `{${entries.map(([name, inner]) => `${name}: ${brief(inner)}`).join('; ')}}`
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
