import * as z from 'zod'
import { isJsonObject, type Json } from '../core/json.ts'

/**
 * The keys that a schema knows at a place, for "did you mean": read from its JSON Schema. Of alternatives only those are
 * asked whose fixed words (`type: bearer`) are not other than the data's.
 */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], data: Json): string[] {
  let json: unknown
  try {
    json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  } catch {
    return []
  }
  let here = alternatives(json, data)
  let value: Json | undefined = data
  for (const step of path) {
    value = inner(value, step)
    const below = value
    here = here
      .flatMap((one) => childrenOf(one, step))
      .flatMap((one) => alternatives(one, below ?? null))
  }
  return [...new Set(here.flatMap((one) => Object.keys(propertiesOf(one))))]
}

function alternatives(json: unknown, data: Json): unknown[] {
  if (!isJsonObject(json)) return []
  const nested = ['anyOf', 'oneOf', 'allOf'].flatMap((word) => {
    const list = json[word]
    return Array.isArray(list) ? (list as readonly unknown[]) : []
  })
  return [json, ...nested.flatMap((one) => alternatives(one, data))].filter((one) =>
    fits(one, data),
  )
}

function fits(json: unknown, data: Json): boolean {
  if (!isJsonObject(data)) return true
  return Object.entries(propertiesOf(json)).every(([name, property]) => {
    const fixed = isJsonObject(property) ? property['const'] : undefined
    return fixed === undefined || data[name] === undefined || data[name] === fixed
  })
}

function childrenOf(json: unknown, step: PropertyKey): unknown[] {
  if (!isJsonObject(json)) return []
  const rest = typeof step === 'number' ? json['items'] : json['additionalProperties']
  return [typeof step === 'string' ? (propertiesOf(json)[step] ?? rest) : rest]
}

function propertiesOf(json: unknown): Readonly<Record<string, unknown>> {
  const properties = isJsonObject(json) ? json['properties'] : undefined
  return isJsonObject(properties) ? properties : {}
}

function inner(value: Json | undefined, step: PropertyKey): Json | undefined {
  if (Array.isArray(value))
    return typeof step === 'number' ? (value as readonly Json[])[step] : undefined
  return isJsonObject(value) && typeof step === 'string' ? value[step] : undefined
}
