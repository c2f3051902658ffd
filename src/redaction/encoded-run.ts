import { type MappedText, MappedTextBuilder } from './mapped-text.ts'

/** Classes of units that an encoded text is made of, as bits. */
export const BASE64_UNIT = 1
/** Digits, hex digits and what stands between the numbers of a list. */
export const LIST_UNIT = 2
export const ASCII85_UNIT = 4
/** As LIST_UNIT, in ROT13. */
export const ROTATED_LIST_UNIT = 8
const LETTER_OR_DIGIT = 16

export interface EncodedRun {
  readonly start: number
  readonly end: number
  /** One of the classes above, or 0 for characters that stand apart from each other. */
  readonly kind: number
}

/** A shorter run holds no run of a value: ten characters have 13 units in base58 and in ascii85. */
const SHORTEST = 13
/** Characters that stand apart are at most this far apart, and so many at least. */
const LONGEST_SPREAD = 24
const FEWEST_SPREAD = 8

const classes = new Uint8Array(65_536)
// Up to `u`, and what ROT13 makes of its letters.
for (let unit = 33; unit <= 122; unit++) classes[unit] = ASCII85_UNIT
const mark = (units: string, bit: number): void => {
  for (let i = 0; i < units.length; i++) {
    const unit = units.charCodeAt(i)
    classes[unit] = (classes[unit] ?? 0) | bit
  }
}
const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
mark(LETTERS_AND_DIGITS, LETTER_OR_DIGIT)
mark(`${LETTERS_AND_DIGITS}+/-_=\r\n`, BASE64_UNIT)
mark('0123456789abcdefABCDEFxX:,; \t\r\n[]{}()|-_%', LIST_UNIT)
mark('0123456789nopqrsNOPQRSkK:,; \t\r\n[]{}()|-_%', ROTATED_LIST_UNIT)
mark('\r\n', ASCII85_UNIT)

/** A run is looked for at every so many units, by whether so many from there on are of it: so each of 13 or more is seen. */
const STRIDE = 4
const WINDOW = 10
const KINDS = [BASE64_UNIT, LIST_UNIT, ASCII85_UNIT, ROTATED_LIST_UNIT] as const
const ALL_KINDS = BASE64_UNIT | LIST_UNIT | ASCII85_UNIT | ROTATED_LIST_UNIT

/**
 * Calls `visit` with each maximal run of units of one class in a text that may be encoded, and with each stretch of characters that
 * stand apart. A blank line ends every run.
 */
export function forEachEncodedRun(
  units: Uint16Array,
  length: number,
  visit: (run: EncodedRun) => void,
): void {
  const ends = new Int32Array(ROTATED_LIST_UNIT + 1)
  let spreadEnd = 0
  for (let at = 0; at + WINDOW <= length; at += STRIDE) {
    const first = classes[units[at] ?? 0] ?? 0
    // The far end first: in prose some space within the window ends it soonest so.
    let shared = first & (classes[units[at + WINDOW - 1] ?? 0] ?? 0) & ALL_KINDS
    if (shared !== 0) shared &= classes[units[at + WINDOW / 2] ?? 0] ?? 0
    for (let i = at + 1; shared !== 0 && i < at + WINDOW - 1; i++) {
      shared &= classes[units[i] ?? 0] ?? 0
    }
    if (shared !== 0) {
      for (const kind of KINDS) {
        if ((shared & kind) === 0 || at < (ends[kind] ?? 0)) continue
        ends[kind] = extended(units, length, at, kind, visit)
      }
    }
    const apart = (first & (classes[units[at + 1] ?? 0] ?? 0) & LETTER_OR_DIGIT) === 0
    if (apart && at >= spreadEnd && standApart(units, at)) {
      spreadEnd = spread(units, length, at, visit)
    }
  }
}

/** True where no two letters or digits stand together in the next units, and some stand there. */
function standApart(units: Uint16Array, at: number): boolean {
  let seen = 0
  let before = 0
  for (let i = at; i < at + WINDOW; i++) {
    const is = (classes[units[i] ?? 0] ?? 0) & LETTER_OR_DIGIT
    if ((is & before) !== 0) return false
    seen |= is
    before = is
  }
  return seen !== 0
}

/** Visits the stretch of characters that stand apart around a place, where they are enough, and gives where it ends. */
function spread(
  units: Uint16Array,
  length: number,
  at: number,
  visit: (run: EncodedRun) => void,
): number {
  const is = (i: number): boolean =>
    i >= 0 && i < length && ((classes[units[i] ?? 0] ?? 0) & LETTER_OR_DIGIT) !== 0
  let first = -1
  let last = -1
  let count = 0
  // To the left up to the end of a word, or as far as characters of one text may be apart; then to the right.
  let from = at
  for (let i = at - 1, gap = 0; i >= 0 && gap <= LONGEST_SPREAD; i--) {
    if (is(i) && is(i - 1)) break
    gap = is(i) ? 0 : gap + 1
    if (is(i)) from = i
  }
  if (is(from) && is(from - 1)) from++
  let i = from
  for (let gap = 0; i < length && gap <= LONGEST_SPREAD; i++) {
    gap++
    if (!is(i)) continue
    if (is(i + 1)) break
    if (first < 0) first = i
    last = i + 1
    count++
    gap = 0
  }
  if (count >= FEWEST_SPREAD) visit({ start: first, end: last, kind: 0 })
  return Math.max(last, at + 1)
}

/** Visits the run of a class around a place, and gives where it ends. */
function extended(
  units: Uint16Array,
  length: number,
  at: number,
  kind: number,
  visit: (run: EncodedRun) => void,
): number {
  let start = at
  let end = at + 1
  while (start > 0 && goesOn(units, start - 1, kind)) start--
  while (end < length && goesOn(units, end, kind)) end++
  close(units, start, end, kind, visit)
  return end
}

/** True for a unit of the class that does not end a blank line. */
function goesOn(units: Uint16Array, at: number, kind: number): boolean {
  const unit = units[at] ?? 0
  if (((classes[unit] ?? 0) & kind) === 0) return false
  if (unit !== 0x0a) return true
  const before = units[at - 1] === 0x0d ? at - 2 : at - 1
  return units[before] !== 0x0a
}

/** Without white space around it, which is no part of what is encoded. */
function close(
  units: Uint16Array,
  from: number,
  to: number,
  kind: number,
  visit: (run: EncodedRun) => void,
): void {
  let start = from
  let end = to
  while (start < end && (units[start] ?? 0) <= 32) start++
  while (end > start && (units[end - 1] ?? 0) <= 32) end--
  if (end - start >= SHORTEST) visit({ start, end, kind })
}

/** The characters of a run that stand apart, without what stands most often between them. */
export function gathered(raw: string, offset: number): MappedText {
  const counts = new Map<string, number>()
  for (const gap of raw.match(/(?<=[A-Za-z0-9])[^A-Za-z0-9]+(?=[A-Za-z0-9])/g) ?? []) {
    counts.set(gap, (counts.get(gap) ?? 0) + 1)
  }
  // Where two stand as often, the longer one is the shorter with a character of the text in it: `6 7 % 2 0 %`.
  const gap = [...counts].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length)[0]?.[0] ?? ''
  const built = new MappedTextBuilder(raw.length)
  let at = 0
  for (let next = raw.indexOf(gap); gap !== '' && next >= 0; next = raw.indexOf(gap, at)) {
    built.add(raw.slice(at, next), offset + at, offset + next)
    at = next + gap.length
  }
  built.add(raw.slice(at), offset + at, offset + raw.length)
  return built.build()
}
