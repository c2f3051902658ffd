import type { JsonObject } from '../../core/json.ts'

/** What putting an entry into a text comes to. */
export type Edited =
  /** The entry stands there already, as wanted. */
  | { readonly kind: 'same' }
  /** Something else stands there under that name. */
  | { readonly kind: 'different'; readonly current: unknown }
  /** The new text: `replaced` where something else stood there. */
  | { readonly kind: 'text'; readonly text: string; readonly replaced: boolean }
  /** The text cannot be edited so that everything else stays; it is left as it is. */
  | { readonly kind: 'impossible'; readonly why: string; readonly fix: string }

/** What goes where. */
export interface Wanted {
  /** The key that holds the servers. */
  readonly servers: string
  readonly name: string
  readonly entry: JsonObject
  readonly force: boolean
}

/** A record's own value. */
export function own(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** True of a map of names, not of a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same data without one server: what an edit must leave as it was. An empty map of servers says nothing. */
export function withoutServer(data: unknown, servers: string, name: string): unknown {
  if (!isRecord(data)) return data
  const { [servers]: all, ...rest } = data
  if (all === undefined) return rest
  if (!isRecord(all)) return data
  const { [name]: _, ...others } = all
  return Object.keys(others).length === 0 ? rest : { ...rest, [servers]: others }
}
