import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { RedactionSession } from '../redaction/redaction-port.ts'
import { FixedFieldMatch, matchesIn, redactData } from './redact-data.ts'

/**
 * Redacts a `structuredContent` so that it still fits its outputSchema. What the schema names is keyhand's own: those names
 * stay. What it leaves untyped is upstream data: names, strings and numbers in it are rewritten.
 *
 * @throws FixedFieldMatch where a match stands in what could not be rewritten and still fit (a status, a flag, an enum word).
 */
export function redactStructured(
  value: unknown,
  schema: unknown,
  session: RedactionSession,
): unknown {
  if (!isTyped(schema)) return redactData(value, session)
  if (isJsonObject(value) && isPlain(schema, OBJECT_WORDS)) {
    return redactObject(value, schema, session)
  }
  if (Array.isArray(value) && isPlain(schema, ARRAY_WORDS)) {
    return value.map((item) => redactStructured(item, schema['items'], session))
  }
  const before = matchesIn(session)
  const after = redactData(value, session)
  const textForText = typeof value === 'string' && isPlain(schema, TEXT_WORDS)
  if (!textForText && (matchesIn(session) !== before || changed(value, after))) {
    throw new FixedFieldMatch('a match in a fixed field')
  }
  return after
}

function redactObject(
  value: object,
  schema: { readonly [word: string]: unknown },
  session: RedactionSession,
): unknown {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const fixed: [string, unknown][] = []
  const data: [string, unknown][] = []
  for (const [name, inner] of Object.entries(value)) {
    if (Object.hasOwn(properties, name)) {
      fixed.push([name, redactStructured(inner, properties[name], session)])
    } else {
      data.push([name, redactIfTyped(inner, schema['additionalProperties'], session)])
    }
  }
  if (data.length === 0) return Object.fromEntries(fixed)
  // Data as a whole, since two names in it may become one; what was typed is done, and this pass is for its name.
  const named = redactData(Object.fromEntries(data), session)
  return { ...Object.fromEntries(fixed), ...(isJsonObject(named) ? named : {}) }
}

function redactIfTyped(value: unknown, schema: unknown, session: RedactionSession): unknown {
  return isTyped(schema) ? redactStructured(value, schema, session) : value
}

function isTyped(schema: unknown): schema is JsonObject {
  return isJsonObject(schema) && Object.keys(schema).some((word) => !ANNOTATIONS.has(word))
}

const ANNOTATIONS = new Set(['title', 'description', '$comment', 'default', 'examples'])
const OBJECT_WORDS = new Set(['type', 'properties', 'required', 'additionalProperties', '$schema'])
const ARRAY_WORDS = new Set(['type', 'items', 'minItems', 'maxItems'])
const TEXT_WORDS = new Set(['type'])

/** True where the schema says nothing that redaction of texts could break: these words only, whatever it says in prose. */
function isPlain(schema: object, words: ReadonlySet<string>): boolean {
  return Object.keys(schema).every((word) => words.has(word) || ANNOTATIONS.has(word))
}

function changed(before: unknown, after: unknown): boolean {
  return before !== after && JSON.stringify(before) !== JSON.stringify(after)
}
