import { canonicalJson, sha256Hex } from '../core/canonical-json.ts'
import { isJsonObject } from '../core/json.ts'
import type { AuditEvent, AuditRecord } from './audit-event.ts'

/** The `prev` of a file's first record. */
export const NO_PREVIOUS = '0'.repeat(64)

/** Where a record stands in its file, and who wrote it. */
export interface RecordPlace {
  /** From 1. */
  readonly seq: number
  readonly prev: string
  /** Ms since the epoch. */
  readonly time: number
  readonly osUser: string
  readonly pid: number
}

/** A record, and the line (without its newline) that it is stored as. */
export interface WrittenRecord {
  readonly record: AuditRecord
  readonly line: string
}

/**
 * Makes the record of an event. Texts that no UTF-8 file can hold (lone surrogates) are repaired, what a client says of
 * itself is clipped to 64 characters, and any other text to 16,384: nobody's input may fill the disk or stop the trail.
 *
 * @throws TypeError or Error where the event is not JSON (NaN, a cycle).
 */
export function makeRecord(event: AuditEvent, place: RecordPlace): WrittenRecord {
  const { client, ...rest } = event
  const content = {
    ...storable(rest),
    ...(client === undefined
      ? {}
      : { client: { name: clip(client.name, 64), version: clip(client.version, 64) } }),
    v: 1 as const,
    seq: place.seq,
    prev: place.prev,
    time: new Date(place.time).toISOString(),
    os_user: clip(place.osUser, 64),
    pid: place.pid,
  }
  const members = canonicalMembers(withoutHash(content))
  const hash = sha256Hex(objectText(members))
  members.push(['hash', `"hash":"${hash}"`])
  return { record: { ...content, hash }, line: objectText(members) }
}

type Member = readonly [name: string, text: string]

/** The RFC 8785 form of each member: what is hashed and what is written differ in one of them only. */
function canonicalMembers(content: object): Member[] {
  return Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, `${JSON.stringify(name)}:${canonicalJson(value)}`])
}

function objectText(members: readonly Member[]): string {
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([, text]) => text).join(',')}}`
}

/** SHA-256 of the RFC 8785 form of a record without its `hash`. */
export function recordHash(content: { readonly [name: string]: unknown }): string {
  return sha256Hex(canonicalJson(content))
}

/** The record without its `hash`, with every field that is there, known or not. */
export function withoutHash(record: { readonly [name: string]: unknown }): {
  readonly [name: string]: unknown
} {
  const { hash: _, ...content } = record
  return content
}

/** The JSON object of a line, or null where it is none. Fields that are not known here are kept. */
export function parseLine(text: string): { readonly [name: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

const LONGEST_TEXT = 16_384

/** The first characters (code points, so that no pair is split), well-formed. */
function clip(text: string, characters: number): string {
  if (text.length <= characters) return text.toWellFormed()
  // A code point is at most two units: nothing beyond is looked at.
  const clipped = Array.from(text.slice(0, characters * 2)).slice(0, characters)
  return clipped.join('').toWellFormed()
}

function storable<T>(value: T): T
function storable(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length <= LONGEST_TEXT ? value.toWellFormed() : `${clip(value, LONGEST_TEXT)}…`
  }
  if (Array.isArray(value)) return value.map((item: unknown) => storable(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.toWellFormed(), storable(inner)]),
  )
}
