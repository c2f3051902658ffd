import { Buffer } from 'node:buffer'
import { HAS_TEXT, probed } from './byte-probe.ts'
import { ByteRoom } from './byte-room.ts'
import { digitsOf, NO_DIGIT } from './digits.ts'
import type { KnownUnits } from './known-units.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { textsInAll } from './texts-in-bytes.ts'
import { rotatedUnit } from './turns.ts'
import { isDigit, isHexUnit, isLetter } from './unit-kinds.ts'

/** So many groups of ASCII text in a row are decoded and searched: in honest text they hardly ever stand by chance. */
const FEWEST_GROUPS = 2
const GROUP = 5
/** So many units of digests and dates in a row stand in ascii85 of text once in some 10^6 times. */
const SHORTEST_DIGEST = 16
/** So many units without a sign that base64 and lists of it do not have stand in ascii85 once in 10^5 times. */
const SHORTEST_BASE64 = 48
/** Of so many units ... */
const WINDOW = 20
/** ... so many at least are followed by one of another kind (letters of both cases, digits, signs) ... */
const CHANGES = 6
/** ... and so many lower-case letters at most by another, where words and names are not. */
const LETTERS = 5
/** ... and so many digits, of which dates and times have more; and some letter is upper case, as none is in most JSON and digests. */
const DIGITS = 11

/**
 * What runs of ascii85 units stand for: Adobe's wherever it begins, also reversed and in ROT13, and ZeroMQ's where it begins the
 * run.
 */
export function ascii85Texts(
  text: Uint16Array,
  run: { readonly start: number; readonly end: number },
  known: KnownUnits,
): MappedText[] {
  const { start, end } = run
  const found: MappedText[] = []
  if (!hasLineEnd(text, start, end)) {
    addTexts({ units: text, start, end }, known, (one, first, last) => {
      found.push(wholeOf(one, first, last))
    })
    return found
  }
  const units = new Uint16Array(end - start)
  let length = 0
  for (let i = start; i < end; i++) {
    const unit = text[i] ?? 0
    if (unit > 32) units[length++] = unit
  }
  addTexts({ units, start: 0, end: length }, known, (one) => {
    found.push(wholeOf(one, start, end))
  })
  return found
}

/** A run without ends of line, and what it lies in. */
interface Run {
  readonly units: Uint16Array
  readonly start: number
  readonly end: number
}

type Add = (text: string, first: number, last: number) => void

function addTexts(run: Run, known: KnownUnits, add: Add): void {
  addStretches(run, add)
  for (const { first, last } of randomParts(run)) {
    const part = run.units.subarray(first, last)
    for (const one of everything(part, known)) add(one, first, last)
  }
}

function hasLineEnd(units: Uint16Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((units[i] ?? 0) <= 32) return true
  return false
}

/** By alphabet, direction and place of five: up to where the run has been read. It is there once: to make it costs as much as to read one. */
const seen = new Int32Array(4 * GROUP)

/** Adds what groups of ASCII text in a row stand for. */
function addStretches(run: Run, add: Add): void {
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
      while (base64End < end && kinds[(units[base64End] ?? 0) & 127] !== SIGN) base64End++
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
function addAround(run: Run, at: number, digits: Uint8Array, slot: number, add: Add): void {
  if (at >= (seen[slot] ?? 0)) seen[slot] = addForward(run, at, digits, add)
  if (at >= (seen[slot + GROUP] ?? 0)) seen[slot + GROUP] = addBackward(run, at, digits, add)
}

/** Adds what the groups from a place on stand for, if enough of them are text, and gives where they end. */
function addForward(run: Run, at: number, digits: Uint8Array, add: Add): number {
  const { units, start, end } = run
  let stop = at
  while (stop + GROUP <= end && isTextAt(units, stop, 1, digits)) stop += GROUP
  if (stop - at < GROUP * FEWEST_GROUPS) return at
  // The group before may end with characters of it, and one that is cut off may follow.
  const before = at - GROUP
  const from = before >= start && groupAt(units, before, 1, digits) >= 0 ? before : at
  let last = stop
  while (last < Math.min(stop + GROUP - 1, end) && digitAt(units, last, digits) < 85) last++
  add(latin1Of(digitsFrom(units, from, last, digits)), from, last)
  return stop
}

/** The same of groups that are read from right to left, of which one begins at a place and another one before it. */
function addBackward(run: Run, at: number, digits: Uint8Array, add: Add): number {
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
  add(latin1Of(digitsFrom(units, from, stop, digits).reverse()), from, stop)
  return last + 1
}

function digitAt(units: Uint16Array, at: number, digits: Uint8Array): number {
  return digits[(units[at] ?? 0) & 127] ?? NO_DIGIT
}

function digitsFrom(
  units: Uint16Array,
  first: number,
  last: number,
  digits: Uint8Array,
): Uint8Array {
  const own = new Uint8Array(last - first)
  for (let i = 0; i < own.length; i++) own[i] = digits[(units[first + i] ?? 0) & 127] ?? NO_DIGIT
  return own
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

function groupOf(a: number, b: number, c: number, d: number, e: number): number {
  // No digit is as large as the highest bit of NO_DIGIT.
  if (((a | b | c | d | e) & 0x80) !== 0) return -1
  const group = ((a * 85 + b) * 85 + c) * 7_225 + d * 85 + e
  return group < 2 ** 32 ? group : -1
}

/**
 * The parts of a run that look like bytes: decoded whatever their groups say. Near each a unit stands that is none of base64, or
 * of a list of it: ascii85 of so many bytes has some, digests, tokens and source maps have none.
 */
function randomParts({ units, start, end }: Run): { first: number; last: number }[] {
  const parts: { first: number; last: number }[] = []
  const half = WINDOW / 2
  let before = 0
  let kind = 0
  let signed = start
  let lastSign = -1
  for (let at = start; at + half <= end; at += half) {
    let counts = 0
    for (let i = at; i < at + half; i++) {
      const next = kinds[(units[i] ?? 0) & 127] ?? 0
      counts += follows[(kind << 3) | next] ?? 0
      kind = next
    }
    const both = before + counts
    before = counts
    if (at === start || (both & 255) < CHANGES) continue
    if (((both >> 8) & 255) > LETTERS || ((both >> 16) & 255) > DIGITS || both >> 24 === 0) continue
    const first = Math.max(start, at - WINDOW)
    const stop = Math.min(end, at + WINDOW + half)
    for (signed = Math.max(signed, first); signed < stop; signed++) {
      if (kinds[(units[signed] ?? 0) & 127] === SIGN) lastSign = signed
    }
    if (lastSign < first) continue
    const last = parts.at(-1)
    if (last !== undefined && first <= last.last) last.last = stop
    else parts.push({ first, last: stop })
  }
  return parts
}

/** What the units stand for in each alphabet and order, from each of the five places where a group may begin. */
function everything(units: Uint16Array, known: KnownUnits): string[] {
  const texts: string[] = []
  const bytes = room.of(units.length + GROUP)
  for (const digits of [ADOBE, ROTATED]) {
    const own = digitsFrom(units, 0, units.length, digits)
    for (const one of [own, own.toReversed()]) {
      for (let first = 0; first < GROUP; first++) {
        const count = bytesOf(one, first, bytes)
        if ((probed(bytes, count, known) & HAS_TEXT) === 0) continue
        texts.push(...textsInAll([Buffer.from(bytes.subarray(0, count))], known))
      }
    }
  }
  return texts
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

/**
 * Decodes from a place on into room that is there, and gives how many bytes that are: of whole groups, of which one that is none is
 * four NULs, and of the units that are left over.
 */
function bytesOf(digits: Uint8Array, first: number, into: Uint8Array): number {
  let length = 0
  let at = first
  for (; at + GROUP <= digits.length; at += GROUP) {
    const group = groupOf(
      digits[at] ?? NO_DIGIT,
      digits[at + 1] ?? NO_DIGIT,
      digits[at + 2] ?? NO_DIGIT,
      digits[at + 3] ?? NO_DIGIT,
      digits[at + 4] ?? NO_DIGIT,
    )
    const bits = group < 0 ? 0 : group | 0
    into[length++] = bits >>> 24
    into[length++] = bits >>> 16
    into[length++] = bits >>> 8
    into[length++] = bits
  }
  const rest = digits.length - at
  if (rest < 2) return length
  let group = 0
  for (let i = 0; i < GROUP; i++) group = group * 85 + (i < rest ? (digits[at + i] ?? 0) : 84)
  for (let i = 0; i < rest - 1; i++) into[length++] = Math.floor(group / 256 ** (3 - i)) % 256
  return length
}

/** True where a group that begins with this digit may be text, so with a byte from 9 to 126. */
function isFirst(digit: number): boolean {
  return digit >= 2 && digit <= 41
}

const ADOBE = digitsOf(Array.from({ length: 85 }, (_, i) => String.fromCharCode(33 + i)).join(''))
const Z85 = digitsOf(
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#',
)
/** Adobe's after ROT13. */
const ROTATED = ADOBE.map((_, unit) => ADOBE[rotatedUnit(unit)] ?? NO_DIGIT)

/** By unit: in which of the two alphabets it may begin a group of text, as bits. */
const firsts = ADOBE.map(
  (digit, unit) => (isFirst(digit) ? 1 : 0) | (isFirst(ROTATED[unit] ?? NO_DIGIT) ? 2 : 0),
)

/** By unit: lower case, upper case, digit, a sign of base64 and of lists of it (in source maps), or another one. */
const SIGN = 5
const kinds = Uint8Array.from({ length: 128 }, (_, unit) => {
  if (isLetter(unit)) return unit >= 97 ? 1 : 2
  if (isDigit(unit)) return 3
  return '+/=_-,;'.includes(String.fromCharCode(unit)) ? 4 : SIGN
})

/** By kind and the next one, in bytes: they differ, but for signs; both are lower case; the next is a digit; it is upper case. */
const follows = Int32Array.from({ length: 64 }, (_, pair) => {
  const [one, other] = [pair >> 3, pair & 7]
  let counts = other === 3 ? 1 << 16 : other === 2 ? 1 << 24 : 0
  if (one !== 0 && Math.min(one, 4) !== Math.min(other, 4)) counts += 1
  if (one === 1 && other === 1) counts += 1 << 8
  return counts
})
