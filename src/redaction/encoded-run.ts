import { type MappedText, MappedTextBuilder } from './mapped-text.ts'

/** Classes of units that an encoded text is made of, as bits. */
export const BASE64_UNIT = 1
/** Digits, hex digits and what stands between the numbers of a list. */
export const LIST_UNIT = 2
export const ASCII85_UNIT = 4

export interface EncodedRun {
  readonly start: number
  readonly end: number
  /** One of the classes above, or 0 for characters that stand apart from each other. */
  readonly kind: number
}

/** A run is looked for at every so many units ... */
const STRIDE = 8
/** ... by whether so many units from there on are of one class; so each run of 19 or more is seen. */
const WINDOW = 12

/** Characters that stand apart are at most this far apart. */
const LONGEST_SPREAD = 8
const FEWEST_SPREAD = 12

const classes = new Uint8Array(65_536)
for (let unit = 33; unit <= 117; unit++) classes[unit] = ASCII85_UNIT
classes[0x7a] = ASCII85_UNIT
const mark = (units: string, bit: number): void => {
  for (let i = 0; i < units.length; i++) {
    const unit = units.charCodeAt(i)
    classes[unit] = (classes[unit] ?? 0) | bit
  }
}
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n', BASE64_UNIT)
mark('0123456789abcdefABCDEFxX:,; \t\r\n[]{}()|-_%', LIST_UNIT)
mark('\r\n', ASCII85_UNIT)

/** Calls `visit` with each maximal run of units of one class in a text that may be encoded, in order of its start. */
export function forEachEncodedRun(
  units: Uint16Array,
  length: number,
  visit: (run: EncodedRun) => void,
): void {
  const last = length - WINDOW
  /** By class: where the last run of it ended. */
  const ends = new Int32Array(8)
  let spreadEnd = 0
  for (let at = 0; at <= last; at += STRIDE) {
    // The far end first: in prose some space within the window ends it soonest so.
    let shared =
      (classes[units[at] ?? 0] ?? 0) &
      (classes[units[at + WINDOW - 1] ?? 0] ?? 0) &
      (classes[units[at + WINDOW / 2] ?? 0] ?? 0)
    for (let i = at + 1; shared !== 0 && i < at + WINDOW; i++) {
      shared &= classes[units[i] ?? 0] ?? 0
    }
    if (shared !== 0) {
      for (let kind = 1; kind <= ASCII85_UNIT; kind <<= 1) {
        if ((shared & kind) === 0 || at < (ends[kind] ?? 0)) continue
        const run = extend(units, length, at, kind)
        ends[kind] = run.end
        // A shorter one is seen or not by where in the text it stands, which must make no difference.
        if (run.end - run.start >= WINDOW + STRIDE - 1) visit(run)
      }
    }
    if (at >= spreadEnd && standsApart(units, at)) {
      const run = extendSpread(units, length, at)
      spreadEnd = run.end
      if (run.end - run.start >= FEWEST_SPREAD * 2) visit(run)
    }
  }
}

function extend(units: Uint16Array, length: number, at: number, kind: number): EncodedRun {
  let start = at
  let end = at
  while (start > 0 && ((classes[units[start - 1] ?? 0] ?? 0) & kind) !== 0) {
    if (isBlankLine(units, start - 1)) break
    start--
  }
  while (end < length && ((classes[units[end] ?? 0] ?? 0) & kind) !== 0) {
    if (isBlankLine(units, end)) break
    end++
  }
  // White space around it is not part of what is encoded.
  while (start < end && (units[start] ?? 0) <= 32) start++
  while (end > start && (units[end - 1] ?? 0) <= 32) end--
  return { start, end, kind }
}

/** A blank line ends what is wrapped over lines. */
function isBlankLine(units: Uint16Array, at: number): boolean {
  if ((units[at] ?? 0) !== 0x0a) return false
  const before = (units[at - 1] ?? 0) === 0x0d ? at - 2 : at - 1
  return (units[before] ?? 0) === 0x0a
}

function isLetterOrDigit(unit: number): boolean {
  return (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57)
}

/** The characters of a run that stand apart, without what stands most often between them. */
export function gathered(raw: string, offset: number): MappedText {
  const counts = new Map<string, number>()
  for (const gap of raw.match(/[^A-Za-z0-9]+/g) ?? []) counts.set(gap, (counts.get(gap) ?? 0) + 1)
  const gap = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0])[0]
  const built = new MappedTextBuilder()
  let at = 0
  for (let next = raw.indexOf(gap); gap !== '' && next >= 0; next = raw.indexOf(gap, at)) {
    built.add(raw.slice(at, next), offset + at, offset + next)
    at = next + gap.length
  }
  built.add(raw.slice(at), offset + at, offset + raw.length)
  return built.build()
}

/** True where no two letters or digits stand together in the next units, and some stand there. */
function standsApart(units: Uint16Array, at: number): boolean {
  let seen = 0
  let before = false
  for (let i = at; i < at + WINDOW; i++) {
    const is = isLetterOrDigit(units[i] ?? 0)
    if (is && before) return false
    if (is) seen++
    before = is
  }
  return seen >= 1
}

function extendSpread(units: Uint16Array, length: number, at: number): EncodedRun {
  // The end of a word before them is not one of them.
  const afterWord = isLetterOrDigit(units[at] ?? 0) && isLetterOrDigit(units[at - 1] ?? 0)
  let start = afterWord ? at + 1 : at
  for (let i = start, gap = 0; !afterWord && i > 0 && gap <= LONGEST_SPREAD; i--) {
    const is = isLetterOrDigit(units[i - 1] ?? 0)
    if (is && isLetterOrDigit(units[i - 2] ?? 0)) break
    gap = is ? 0 : gap + 1
    if (is) start = i - 1
  }
  let end = start
  for (let i = start, gap = 0; i < length && gap <= LONGEST_SPREAD; i++) {
    const is = isLetterOrDigit(units[i] ?? 0)
    if (is && isLetterOrDigit(units[i + 1] ?? 0)) break
    gap = is ? 0 : gap + 1
    if (is) end = i + 1
  }
  while (start < end && !isLetterOrDigit(units[start] ?? 0)) start++
  return { start, end: Math.max(end, start), kind: 0 }
}
