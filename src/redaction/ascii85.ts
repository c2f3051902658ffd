import { type Ascii85Run, addTextsOfBytes, isOwnSign } from './ascii85-bytes.ts'
import { ADOBE, bytesOf, digitsFrom, GROUP, groupOf, ROTATED, Z85 } from './ascii85-digits.ts'
import { ByteRoom } from './byte-room.ts'
import { NO_DIGIT } from './digits.ts'
import type { KnownUnits } from './known-units.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { withoutLineEnds } from './run-survey.ts'
import { isHexUnit } from './unit-kinds.ts'

/** So many groups of ASCII text in a row are decoded and searched: in honest text they hardly ever stand by chance. */
const FEWEST_GROUPS = 2
/** So many units of digests and dates in a row stand in ascii85 of text once in some 10^6 times. */
const SHORTEST_DIGEST = 16
/** So many units without a sign that base64 and lists of it do not have stand in ascii85 once in 10^5 times. */
const SHORTEST_BASE64 = 48

/**
 * What runs of ascii85 units stand for: Adobe's wherever it begins, also reversed and in ROT13, and ZeroMQ's where it begins the
 * run.
 */
export function ascii85Texts(
  text: Uint16Array,
  run: { readonly start: number; readonly end: number; readonly spaced: boolean },
  known: KnownUnits,
): MappedText[] {
  const { start, end, spaced } = run
  const found: MappedText[] = []
  if (!spaced) {
    addTexts({ units: text, start, end }, known, (one, first, last) => {
      found.push(wholeOf(one, first, last))
    })
    return found
  }
  const units = withoutLineEnds(text, start, end)
  addTexts({ units, start: 0, end: units.length }, known, (one) => {
    found.push(wholeOf(one, start, end))
  })
  return found
}

type Add = (text: string, first: number, last: number) => void

function addTexts(run: Ascii85Run, known: KnownUnits, add: Add): void {
  addStretches(run, add)
  addTextsOfBytes(run, known, add)
}

/** By alphabet, direction and place of five: up to where the run has been read. It is there once: to make it costs as much as to read one. */
const seen = new Int32Array(4 * GROUP)

/** Adds what groups of ASCII text in a row stand for. */
function addStretches(run: Ascii85Run, add: Add): void {
  const { units, start, end } = run
  seen.fill(0)
  /** Where what may be a digest, or a date, ends; and what may be base64, or a list of it. */
  let digestEnd = start
  let base64End = start
  const last = end - GROUP
  for (let at = start; at < last; at++) {
    const both =
      (firsts[(units[at] ?? 0) & 127] ?? 0) & (firsts[(units[at + GROUP] ?? 0) & 127] ?? 0)
    if (both === 0) continue
    if (at >= digestEnd) {
      digestEnd = at
      while (digestEnd < end && ofDigest[(units[digestEnd] ?? 0) & 127] === 1) digestEnd++
    }
    if (digestEnd - at >= SHORTEST_DIGEST) {
      at = digestEnd - 2 * GROUP
      continue
    }
    if (at >= base64End) {
      base64End = at
      while (base64End < end && !isOwnSign(units[base64End] ?? 0)) base64End++
    }
    if (base64End - at >= SHORTEST_BASE64) {
      at = base64End - 2 * GROUP
      continue
    }
    const place = at % GROUP
    if ((both & 1) !== 0) addAround(run, at, ADOBE, place, add)
    if ((both & 2) !== 0) addAround(run, at, ROTATED, 2 * GROUP + place, add)
  }
  for (let at = start; at < start + GROUP; at++) addForward(run, at, Z85, add)
}

/** Hex digits, and what stands in a UUID or a date (RFC 3339). */
const ofDigest = Uint8Array.from({ length: 128 }, (_, unit) =>
  isHexUnit(unit) || '-.:T'.includes(String.fromCharCode(unit)) ? 1 : 0,
)

/** Adds what two groups stand for that may be text, read from left to right and from right to left, with those beside them. */
function addAround(run: Ascii85Run, at: number, digits: Uint8Array, slot: number, add: Add): void {
  if (at >= (seen[slot] ?? 0)) seen[slot] = addForward(run, at, digits, add)
  if (at >= (seen[slot + GROUP] ?? 0)) seen[slot + GROUP] = addBackward(run, at, digits, add)
}

/** Adds what the groups from a place on stand for, if enough of them are text, and gives where they end. */
function addForward(run: Ascii85Run, at: number, digits: Uint8Array, add: Add): number {
  const { units, start, end } = run
  let stop = at
  while (stop + GROUP <= end && isTextAt(units, stop, 1, digits)) stop += GROUP
  if (stop - at < GROUP * FEWEST_GROUPS) return at
  // The group before may end with characters of it, and one that is cut off may follow.
  const before = at - GROUP
  const from = before >= start && groupAt(units, before, 1, digits) >= 0 ? before : at
  let last = stop
  while (last < Math.min(stop + GROUP - 1, end) && digitAt(units, last, digits) < 85) last++
  addReadings(run, { start: at, end: stop }, { start: from, end: last }, digits, false, add)
  return stop
}

/** The same of groups that are read from right to left, of which one begins at a place and another one before it. */
function addBackward(run: Ascii85Run, at: number, digits: Uint8Array, add: Add): number {
  const { units, start, end } = run
  const least = start + GROUP - 1
  if (at < least || !isTextAt(units, at + GROUP, -1, digits)) return at
  let first = at + GROUP
  while (first - GROUP >= least && isTextAt(units, first - GROUP, -1, digits)) first -= GROUP
  if (first > at) return at
  let last = at + GROUP
  while (last + GROUP < end && isTextAt(units, last + GROUP, -1, digits)) last += GROUP
  const before = last + GROUP < end && groupAt(units, last + GROUP, -1, digits) >= 0
  const stop = (before ? last + GROUP : last) + 1
  let from = first - GROUP + 1
  const furthest = Math.max(start, from - GROUP + 1)
  while (from > furthest && digitAt(units, from - 1, digits) < 85) from--
  const groups = { start: first - GROUP + 1, end: last + 1 }
  addReadings(run, groups, { start: from, end: stop }, digits, true, add)
  return last + 1
}

interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Adds what groups of text stand for together with the units beside them that may be of it; and what they stand for with less of those,
 * where that is more than a part of the same.
 */
function addReadings(
  { units }: Ascii85Run,
  groups: Span,
  all: Span,
  digits: Uint8Array,
  backwards: boolean,
  add: Add,
): void {
  /** With so many units of a group that was cut off, and with the group before or without it. */
  const read = (cutOff: number, withBefore: boolean): string => {
    const { start, end } = withBefore ? all : groups
    if (!backwards) return latin1Of(digitsFrom(units, start, groups.end + cutOff, digits))
    return latin1Of(digitsFrom(units, groups.start - cutOff, end, digits).reverse())
  }
  const most = backwards ? groups.start - all.start : all.end - groups.end
  const text = read(most, true)
  add(text, all.start, all.end)
  const isWhole = BASE58.test(read(0, false))
  for (let cutOff = 0; cutOff <= most; cutOff++) {
    const shorter = read(cutOff, true)
    // One unit too many may change the last character.
    if (isWhole || !text.startsWith(shorter)) add(shorter, all.start, all.end)
    if (isWhole) add(read(cutOff, false), all.start, all.end)
  }
}

/** Base58 can only be read if no character is missing and none is there besides. */
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]{13,}$/

function digitAt(units: Uint16Array, at: number, digits: Uint8Array): number {
  return digits[(units[at] ?? 0) & 127] ?? NO_DIGIT
}

function latin1Of(digits: Uint8Array): string {
  const bytes = room.of(digits.length + GROUP)
  return bytes.toString('latin1', 0, bytesOf(digits, 0, bytes))
}

/** True where the five units from a place on, in either direction, are four bytes of text. */
function isTextAt(units: Uint16Array, at: number, step: number, digits: Uint8Array): boolean {
  return isFirst(digitAt(units, at, digits)) && isText(groupAt(units, at, step, digits))
}

/** The four bytes of the five units from a place on, in either direction, as a number; -1 where they are none. */
function groupAt(units: Uint16Array, at: number, step: number, digits: Uint8Array): number {
  return groupOf(
    digitAt(units, at, digits),
    digitAt(units, at + step, digits),
    digitAt(units, at + 2 * step, digits),
    digitAt(units, at + 3 * step, digits),
    digitAt(units, at + 4 * step, digits),
  )
}

const room = new ByteRoom()

/** True for four bytes of ASCII text; white space among them. */
function isText(group: number): boolean {
  if (group < 0 || group >= 2 ** 31 || (group & 0x80808080) !== 0) return false
  for (let shift = 0; shift < 32; shift += 8) {
    const byte = (group >> shift) & 127
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false
  }
  return true
}

/** True where a group that begins with this digit may be text, so with a byte from 9 to 126. */
function isFirst(digit: number): boolean {
  return digit >= 2 && digit <= 41
}

/** By unit: in which of the two alphabets it may begin a group of text, as bits. */
const firsts = ADOBE.map(
  (digit, unit) => (isFirst(digit) ? 1 : 0) | (isFirst(ROTATED[unit] ?? NO_DIGIT) ? 2 : 0),
)
