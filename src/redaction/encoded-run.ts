import { type MappedText, MappedTextBuilder } from './mapped-text.ts'

/** Classes of units that an encoded text is made of, as bits. */
export const BASE64_UNIT = 1
/** Digits, hex digits and what stands between the numbers of a list. */
export const LIST_UNIT = 2
export const ASCII85_UNIT = 4
/** As LIST_UNIT, in ROT13. */
export const ROTATED_LIST_UNIT = 8
const LETTER_OR_DIGIT = 16
const LINE_END = 32

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
mark('\n', LINE_END)

/**
 * Calls `visit` with each maximal run of units of one class in a text that may be encoded, in order of its end. A blank line ends
 * every run.
 */
export function forEachEncodedRun(
  units: Uint16Array,
  length: number,
  visit: (run: EncodedRun) => void,
): void {
  // By class: where the open run of it began. Plain variables and no closures: this is run for every unit of every answer.
  let base64 = 0
  let list = 0
  let ascii85 = 0
  let rotated = 0
  // Characters that stand apart: where they begin and end, and how many there are; where the open word began.
  let first = 0
  let last = 0
  let count = 0
  let word = 0
  let open = 0
  let lineEnd = -2
  for (let i = 0; i <= length; i++) {
    let now = i < length ? (classes[units[i] ?? 0] ?? 0) : 0
    if (now === open) continue
    if ((now & LINE_END) !== 0) {
      // Only the end of a line between: `\r\n` is one.
      const blank = i - lineEnd === 1 || (i - lineEnd === 2 && units[i - 1] === 0x0d)
      lineEnd = i
      now = blank ? 0 : now & ~LINE_END
    }
    const closing = open & ~now
    const opening = now & ~open
    open = now
    if ((closing & BASE64_UNIT) !== 0 && i - base64 >= SHORTEST)
      close(units, base64, i, BASE64_UNIT, visit)
    if ((closing & LIST_UNIT) !== 0 && i - list >= SHORTEST) close(units, list, i, LIST_UNIT, visit)
    if ((closing & ASCII85_UNIT) !== 0 && i - ascii85 >= SHORTEST) {
      close(units, ascii85, i, ASCII85_UNIT, visit)
    }
    if ((closing & ROTATED_LIST_UNIT) !== 0 && i - rotated >= SHORTEST) {
      close(units, rotated, i, ROTATED_LIST_UNIT, visit)
    }
    if ((closing & LETTER_OR_DIGIT) !== 0) {
      const apart = i - word === 1
      if (count > 0 && (!apart || word - last > LONGEST_SPREAD)) {
        if (count >= FEWEST_SPREAD) visit({ start: first, end: last, kind: 0 })
        count = 0
      }
      if (apart) {
        if (count === 0) first = word
        count++
        last = i
      }
    }
    if ((opening & BASE64_UNIT) !== 0) base64 = i
    if ((opening & LIST_UNIT) !== 0) list = i
    if ((opening & ASCII85_UNIT) !== 0) ascii85 = i
    if ((opening & ROTATED_LIST_UNIT) !== 0) rotated = i
    if ((opening & LETTER_OR_DIGIT) !== 0) word = i
  }
  if (count >= FEWEST_SPREAD) visit({ start: first, end: last, kind: 0 })
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
