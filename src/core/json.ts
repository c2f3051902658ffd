/** Plain JSON as data: what actions, facts and results are made of. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

export interface JsonObject {
  readonly [key: string]: Json
}

/** True for a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Freezes a value and everything in it, and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

/** True for a JSON array. */
export function isJsonArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

/**
 * A plain copy of what is JSON. Members that are undefined are left out, as JSON.stringify does.
 *
 * @throws TypeError where the value is not JSON (a function, NaN).
 */
export function copyJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (isJsonArray(value)) return value.map(copyJson)
  if (!isJsonObject(value)) throw new TypeError('the value is not JSON')
  const members = Object.entries<unknown>(value).filter(([, member]) => member !== undefined)
  // Not by assignment: a member may be called `__proto__`.
  return Object.fromEntries(members.map(([name, member]) => [name, copyJson(member)]))
}
