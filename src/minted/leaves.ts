import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { elementName, type NamedKind, namedKind } from './field-name.ts'

/** The kind of the value at the pointer that is asked for. */
export const WANTED = 'the value to store'

/** No value of a field that is shorter is taken for a credential. */
const SHORTEST_VALUE = 6
/** No shape that is recognised is shorter. */
const SHORTEST_TOKEN = 16

/** A text in a JSON value: a string, or the name of a field. */
export interface Leaf {
  readonly text: string
  /** What the name of its field says of it; null for a name, and where it says nothing. */
  readonly named: NamedKind | null
  /** What it is whatever it looks like; null where that is not known. */
  readonly certain: string | null
}

/** Finds the texts of a JSON value, in a fixed order. */
export function leavesOf(value: Json, wanted: string | null): readonly Leaf[] {
  const leaves: Leaf[] = []
  walk(value, { name: '', pointer: '', certain: null }, wanted, (leaf) => {
    leaves.push(leaf)
    return leaf.text
  })
  return leaves
}

/** The same value with other texts, in the order of `leavesOf`. A name that then exists twice gets `#2`. */
export function withTexts(value: Json, texts: readonly string[]): Json {
  let next = 0
  return walk(
    value,
    { name: '', pointer: '', certain: null },
    null,
    ({ text }) => texts[next++] ?? text,
  )
}

interface Place {
  /** Of the field that the value is in, or that the list is in. */
  readonly name: string
  /** RFC 6901. */
  readonly pointer: string
  readonly certain: string | null
}

type Visit = (leaf: Leaf) => string

function walk(value: Json, place: Place, wanted: string | null, visit: Visit): Json {
  if (typeof value === 'string') {
    // INVARIANT: what is left out depends on nothing but the value itself, or two walks would not meet.
    if (value.length < SHORTEST_VALUE && place.certain === null) return value
    const certain = place.pointer === wanted ? WANTED : place.certain
    return visit({ text: value, named: namedKind(place.name), certain })
  }
  if (isList(value)) {
    const name = elementName(place.name)
    return value.map((inner, index) =>
      walk(
        inner,
        { ...place, name, pointer: wanted === null ? '' : `${place.pointer}/${index}` },
        wanted,
        visit,
      ),
    )
  }
  return isJsonObject(value) ? walkObject(value, place, wanted, visit) : value
}

function walkObject(
  object: JsonObject,
  place: Place,
  wanted: string | null,
  visit: Visit,
): JsonObject {
  const taken = new Set<string>()
  const entries: [string, Json][] = []
  const pair = pairName(object)
  const isJwk = typeof object['kty'] === 'string'
  const isSecret = object['kind'] === 'Secret' && typeof object['apiVersion'] === 'string'
  for (const [name, inner] of Object.entries(object)) {
    const isShort = name.length < SHORTEST_TOKEN
    const shown = unique(isShort ? name : visit({ text: name, named: null, certain: null }), taken)
    let certain = place.certain
    if (isJwk && JWK_PRIVATE.has(name)) certain = 'a private key'
    if (isSecret && (name === 'data' || name === 'stringData')) certain = 'a kubernetes secret'
    const field = pair !== null && /^value$/i.test(name) ? pair : name
    const pointer = wanted === null ? '' : `${place.pointer}/${escaped(name)}`
    entries.push([shown, walk(inner, { name: field, pointer, certain }, wanted, visit)])
  }
  // `fromEntries` defines properties, so that a name `__proto__` stays a name.
  return Object.fromEntries(entries)
}

/** RFC 7517 and 7518: what only a private or symmetric key has. */
const JWK_PRIVATE: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])

/** `{name: DB_PASSWORD, value: …}`: how lists of variables and parameters say it. */
function pairName(object: JsonObject): string | null {
  for (const [name, value] of Object.entries(object)) {
    if (/^(?:name|key|variable)$/i.test(name) && typeof value === 'string') return value
  }
  return null
}

function unique(name: string, taken: Set<string>): string {
  let free = name
  for (let count = 2; taken.has(free); count++) free = `${name}#${count}`
  taken.add(free)
  return free
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
