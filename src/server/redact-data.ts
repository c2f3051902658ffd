import { isJsonObject, type Json } from '../core/json.ts'
import type { RedactionSession } from '../redaction/redaction-port.ts'

/** A match stands where nothing may be rewritten: the message is withheld. */
export class FixedFieldMatch extends Error {
  override readonly name = 'FixedFieldMatch'
}

/** Number of matches that a session has found so far. */
export function matchesIn({ counts }: RedactionSession): number {
  return Object.values(counts.byName).reduce((sum, count) => sum + count, counts.partial)
}

/** Redacts data that came from outside: strings, numbers and names at any depth. */
export function redactData(value: unknown, session: RedactionSession): Json {
  return session.json(json(value))
}

/** Redacts the strings at any depth; names are those of the protocol, and stay. */
export function redactTexts(value: unknown, session: RedactionSession): unknown {
  if (typeof value === 'string') return session.text(value)
  if (Array.isArray(value)) return value.map((item) => redactTexts(item, session))
  if (!isJsonObject(value)) return value
  return mapValues(value, (_name, inner) => redactTexts(inner, session))
}

/** The same names in the same order, each with a new value; a name such as `__proto__` stays a name. */
export function mapValues(
  value: object,
  map: (name: string, inner: unknown) => unknown,
): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, map(name, inner)]))
}

/** What a message holds is JSON: it was parsed from it, or made of it. Anything else is a fault, and so withheld. */
function json(value: unknown): Json {
  if (isJson(value)) return value
  throw new TypeError('a message holds what is not JSON')
}

function isJson(value: unknown): value is Json {
  if (value === null) return true
  if (typeof value !== 'object') return ['string', 'number', 'boolean'].includes(typeof value)
  return Object.values(value).every(isJson)
}
