import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'

/** What is done to the texts of a JSON value. */
export interface TextRedaction {
  text(text: string): string
  /** What stands in a number's place; null where the number stays. */
  number(text: string): string | null
}

/**
 * A JSON value with its strings, names and numbers redacted; itself where nothing was found. A name that then exists twice
 * gets `#2`. Truth values and null are words of JSON's own and stay.
 */
export function redactJson(value: Json, redaction: TextRedaction): Json {
  if (typeof value === 'string') return redaction.text(value)
  if (typeof value === 'number') return redaction.number(String(value)) ?? value
  if (isList(value)) return redactList(value, redaction)
  return isJsonObject(value) ? redactObject(value, redaction) : value
}

function redactList(list: readonly Json[], redaction: TextRedaction): readonly Json[] {
  let changed: Json[] | null = null
  for (const [index, inner] of list.entries()) {
    const redacted = redactJson(inner, redaction)
    if (redacted === inner) continue
    changed ??= [...list]
    changed[index] = redacted
  }
  return changed ?? list
}

interface Entry {
  readonly was: string
  readonly name: string
  readonly value: Json
}

function redactObject(object: JsonObject, redaction: TextRedaction): JsonObject {
  const entries: Entry[] = []
  let changed = false
  let renamed = false
  for (const [was, inner] of Object.entries(object)) {
    const name = redaction.text(was)
    const value = redactJson(inner, redaction)
    renamed ||= name !== was
    changed ||= value !== inner
    entries.push({ was, name, value })
  }
  if (!changed && !renamed) return object
  const names = renamed ? uniqueNames(entries) : entries.map(({ name }) => name)
  // `fromEntries` defines properties, so that a name `__proto__` stays a name.
  return Object.fromEntries(entries.map(({ value }, index) => [names[index] ?? '', value]))
}

function uniqueNames(entries: readonly Entry[]): string[] {
  const taken = new Set(entries.filter(({ was, name }) => was === name).map(({ name }) => name))
  const counts = new Map<string, number>()
  return entries.map(({ was, name }) => {
    if (was === name) return name
    let count = counts.get(name) ?? 0
    let unique: string
    do {
      count++
      unique = count === 1 ? name : `${name}#${count}`
    } while (taken.has(unique))
    counts.set(name, count)
    taken.add(unique)
    return unique
  })
}

export type LeafKind = 'name' | 'string' | 'number'

/** Every name, string and number of a JSON value as text, in the order in which `redactJson` asks for them. */
export interface Leaves {
  readonly texts: readonly string[]
  readonly kinds: readonly LeafKind[]
}

/** @param inPlaceOf what is taken of a value in place of what is inside; null where that is taken. */
export function leavesOf(
  value: Json,
  inPlaceOf: (value: Json) => Leaves | null = () => null,
): Leaves {
  const texts: string[] = []
  const kinds: LeafKind[] = []
  const add = (text: string, kind: LeafKind): void => {
    texts.push(text)
    kinds.push(kind)
  }
  const walk = (one: Json): void => {
    const other = inPlaceOf(one)
    if (other !== null) {
      texts.push(...other.texts)
      kinds.push(...other.kinds)
    } else if (typeof one === 'string') add(one, 'string')
    else if (typeof one === 'number') add(String(one), 'number')
    else if (isList(one)) for (const inner of one) walk(inner)
    else if (isJsonObject(one)) {
      for (const name of Object.keys(one)) {
        add(name, 'name')
        walk(one[name] ?? null)
      }
    }
  }
  walk(value)
  return { texts, kinds }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
