import { BETWEEN_LEAVES } from './leaf-redaction.ts'

/** Classes of units that an encoded text is made of, as bits. */
export const BASE64_UNIT = 1
/** Digits, hex digits and what stands between the numbers of a list. */
export const LIST_UNIT = 2
export const ASCII85_UNIT = 4
/** As LIST_UNIT, in ROT13. */
export const ROTATED_LIST_UNIT = 8
/** Letters and digits that stand apart from each other. */
export const APART = 16
/** Single characters with one space, or the end of a string of JSON, between any two; signs among them. */
export const SINGLE = 32
const LETTER_OR_DIGIT = 64
const END_OF_LINE = 128

export interface EncodedRun {
  readonly start: number
  readonly end: number
  /** One of the classes above. */
  readonly kind: number
  /** False where no white space is in it. */
  readonly spaced: boolean
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
mark('\r\n', END_OF_LINE)
mark(` ${BETWEEN_LEAVES}`, SINGLE)

/** So many units are looked at together: a run of 13 or more holds all of some window. */
const WINDOW = 7
const ALL_KINDS = BASE64_UNIT | LIST_UNIT | ASCII85_UNIT | ROTATED_LIST_UNIT
/** Spaces alone begin no list. */
const LIST_KINDS = LIST_UNIT | ROTATED_LIST_UNIT

/**
 * Calls `visit` with each maximal run of units of one class in a text that may be encoded, and with each stretch of characters that
 * stand apart. A blank line ends every run.
 */
export function forEachEncodedRun(
  units: Uint16Array,
  length: number,
  visit: (run: EncodedRun) => void,
): void {
  const runs = new OpenRuns(units, length, visit)
  let open = 0
  let spreadEnd = 0
  let singlesEnd = 0
  let at = 0
  for (; at + WINDOW <= length; at += WINDOW) {
    // Without branches, which prose would take or not by chance.
    const a = classes[units[at] ?? 0] ?? 0
    const b = classes[units[at + 1] ?? 0] ?? 0
    const c = classes[units[at + 2] ?? 0] ?? 0
    const d = classes[units[at + 3] ?? 0] ?? 0
    const e = classes[units[at + 4] ?? 0] ?? 0
    const f = classes[units[at + 5] ?? 0] ?? 0
    const g = classes[units[at + 6] ?? 0] ?? 0
    const seen = a | b | c | d | e | f | g
    let full = a & b & c & d & e & f & g & ALL_KINDS
    if ((seen & LETTER_OR_DIGIT) === 0) full &= open | ~LIST_KINDS
    if ((seen & END_OF_LINE) !== 0) {
      runs.lineAt = at
      if (full !== 0 && hasBlankLine(units, at)) full = 0
    }
    if (full !== open) {
      runs.change(open, full, at)
      open = full
    }
    const together = (a & b) | (b & c) | (c & d) | (d & e) | (e & f) | (f & g)
    if ((seen & ~together & LETTER_OR_DIGIT) !== 0 && at >= spreadEnd) {
      const inside = (b | c | d | e | f) & LETTER_OR_DIGIT
      // A word may end or begin at either end of the window.
      if (inside !== 0 || standsApart(units, at) || standsApart(units, at + WINDOW - 1)) {
        spreadEnd = spread(units, length, at, visit)
      }
    }
    // Every second one is a space, and no other.
    const [even, odd] = [a & c & e & g & ~(b | d | f), b & d & f & ~(a | c | e | g)]
    if (((even | odd) & SINGLE) !== 0 && at >= singlesEnd) {
      singlesEnd = singles(units, length, (even & SINGLE) === 0 ? at : at + 1, visit)
    }
  }
  runs.change(open, 0, at)
}

/** Where the runs of each class began that hold all of the last window. */
class OpenRuns {
  readonly #units: Uint16Array
  readonly #length: number
  readonly #visit: (run: EncodedRun) => void
  /** By class. */
  readonly #starts = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  /** The last window with an end of line in it. */
  lineAt = -WINDOW

  constructor(units: Uint16Array, length: number, visit: (run: EncodedRun) => void) {
    this.#units = units
    this.#length = length
    this.#visit = visit
  }

  /** @param before classes of which the last window was all of a run. @param now those of which the one at that place is. */
  change(before: number, now: number, at: number): void {
    for (let rest = before ^ now; rest !== 0; rest &= rest - 1) {
      const kind = rest & -rest
      if ((now & kind) !== 0) this.#starts[kind] = this.#startOf(at, kind)
      else this.#end(at, kind)
    }
  }

  #startOf(at: number, kind: number): number {
    let start = at
    while (start > 0 && goesOn(this.#units, start - 1, kind)) start--
    return start
  }

  /** Visits the run without white space around it. */
  #end(at: number, kind: number): void {
    const units = this.#units
    let start = this.#starts[kind] ?? 0
    let end = at
    let mayBeSpaced = (kind & LIST_KINDS) !== 0 || this.lineAt + WINDOW > start
    for (; end < this.#length && goesOn(units, end, kind); end++) {
      if ((units[end] ?? 0) <= 32) mayBeSpaced = true
    }
    if (end - start < SHORTEST) return
    while (start < end && (units[start] ?? 0) <= 32) start++
    while (end > start && (units[end - 1] ?? 0) <= 32) end--
    if (end - start < SHORTEST) return
    // What only had an end of line around it has none in it.
    this.#visit({ start, end, kind, spaced: mayBeSpaced && hasSpace(units, start, end) })
  }
}

function hasSpace(units: Uint16Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((units[i] ?? 0) <= 32) return true
  return false
}

/** True for a unit of the class that does not end a blank line. */
function goesOn(units: Uint16Array, at: number, kind: number): boolean {
  const unit = units[at] ?? 0
  return ((classes[unit] ?? 0) & kind) !== 0 && (unit !== 0x0a || !endsBlankLine(units, at))
}

function hasBlankLine(units: Uint16Array, at: number): boolean {
  for (let i = at; i < at + WINDOW; i++) {
    if (units[i] === 0x0a && endsBlankLine(units, i)) return true
  }
  return false
}

/** True where another line ends before the one that ends at a place. */
function endsBlankLine(units: Uint16Array, at: number): boolean {
  let before = at - 1
  if (before >= 0 && units[before] === 0x0d) before--
  return before >= 0 && units[before] === 0x0a
}

/** True for a letter or digit with none beside it. */
function standsApart(units: Uint16Array, at: number): boolean {
  const is = (i: number): boolean => ((classes[units[i] ?? 0] ?? 0) & LETTER_OR_DIGIT) !== 0
  return is(at) && !is(at - 1) && !is(at + 1)
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
  if (count >= FEWEST_SPREAD) visit({ start: first, end: last, kind: APART, spaced: true })
  return Math.max(last, at + 1)
}

/** Visits the stretch of single characters around one of them, where they are enough, and gives where it ends. */
function singles(
  units: Uint16Array,
  length: number,
  at: number,
  visit: (run: EncodedRun) => void,
): number {
  const next = units[at + 1] ?? 0
  const gap = at + 1 < length && isGap(next) ? next : (units[at - 1] ?? 0)
  const ends = (i: number): boolean =>
    i < 0 || i >= length || units[i] === gap || (gap === SPACE && (units[i] ?? 0) < SPACE)
  const stands = (i: number): boolean =>
    i >= 0 && i < length && !isGap(units[i] ?? 0) && ends(i - 1) && ends(i + 1)
  let start = at
  while (units[start - 1] === gap && stands(start - 2)) start -= 2
  let last = at
  while (units[last + 1] === gap && stands(last + 2)) last += 2
  const end = last + 1
  if (end - start >= 2 * FEWEST_SPREAD - 1) visit({ start, end, kind: SINGLE, spaced: true })
  return end
}

/** Between two characters, or two strings of a JSON value. */
function isGap(unit: number): boolean {
  return unit === SPACE || unit === BETWEEN_LEAVES.charCodeAt(0)
}

const SPACE = 0x20
