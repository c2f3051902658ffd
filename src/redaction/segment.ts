import { foldTable } from './folded-text.ts'
import { isLetterOrDigit } from './unit-kinds.ts'

/**
 * Text falls into segments, which a stream lets out one by one: words (what stands between white space), and chains of words that
 * may be one encoded text: lists of short words (`65, 66`, `41 42`), and the ends of two lines, since what is encoded is often
 * wrapped. What is decoded, and what goes with a part of a value, lies within one segment.
 */

/** A segment that is longer is parted in a stream, in UTF-16 code units. */
const LONGEST_SEGMENT = 32_768
/** How much of a part the next one sees again: a value in it that is encoded in up to this many units is found. */
const SEGMENT_OVERLAP = 8_192

/** A longer segment is parted at multiples of this. */
const STEP = LONGEST_SEGMENT - SEGMENT_OVERLAP

/** Words of so many letters and digits, and so many units with what stands between those, may be elements of a list. */
const SHORT_WORD = 6
const LONGEST_ELEMENT = 18

/** The last place at which a text that goes on may be parted: what is before it holds whole segments, whatever follows. */
export function lastSegment(text: string): number {
  let end = text.length
  let lines = 0
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) {
    end--
    if (text.charCodeAt(end) === 0x0a) lines++
  }
  if (end === 0) return text.length
  const start = chainStart(text, end - 1)
  return lines > 1 ? end : parted(start, end)
}

/** Where the segment of a place begins, or the part of it that a stream has come to. */
export function segmentStart(text: string, place: number): number {
  const afterSpace = place === 0 || isSpace(text.charCodeAt(place - 1))
  if (afterSpace && isSpace(text.charCodeAt(place))) return place
  const inWord = isSpace(text.charCodeAt(place)) ? place - 1 : place
  const start = chainStart(text, inWord)
  // A place at which it is parted stays one: what is let out must not shrink to nothing step by step.
  return start + Math.floor((place - start) / STEP) * STEP
}

/** The parts of a span that lie in one segment each. */
export function withinSegments(
  text: string,
  start: number,
  end: number,
): { readonly start: number; readonly end: number }[] {
  const parts: { start: number; end: number }[] = []
  let from = start
  // Of a word only matters whether it is short: nothing is read twice, however long a word is.
  let word = start
  while (word > 0 && start - word <= LONGEST_ELEMENT && !isSpace(text.charCodeAt(word - 1))) word--
  for (let at = start; at < end; ) {
    let stop = at
    while (stop < end && !isSpace(text.charCodeAt(stop))) stop++
    let next = stop
    while (next < end && isSpace(text.charCodeAt(next))) next++
    if (next >= end) break
    let after = next
    while (
      after < text.length &&
      after - next <= LONGEST_ELEMENT &&
      !isSpace(text.charCodeAt(after))
    )
      after++
    if (stop > word && !joined(text, word, stop, next, after)) {
      parts.push({ start: from, end: stop })
      from = next
    }
    word = next
    at = next
  }
  parts.push({ start: from, end })
  return parts
}

/** Where a segment is parted: so that the rest is as long as a part at most, in steps that do not depend on its end. */
function parted(start: number, end: number): number {
  if (end - start <= LONGEST_SEGMENT) return start
  return start + Math.ceil((end - start - LONGEST_SEGMENT) / STEP) * STEP
}

function chainStart(text: string, place: number): number {
  let start = wordStart(text, place)
  for (;;) {
    let gap = start
    while (gap > 0 && isSpace(text.charCodeAt(gap - 1))) gap--
    if (gap === 0) return start
    const before = wordStart(text, gap)
    if (!joined(text, before, gap, start, wordEnd(text, start))) return start
    start = before
  }
}

/** True where two neighbouring words may be parts of one encoded text: elements of a list, the ends of two lines, escaped text. */
function joined(text: string, start: number, end: number, next: number, after: number): boolean {
  let lines = 0
  for (let i = end; i < next; i++) if (text.charCodeAt(i) === 0x0a) lines++
  if (lines > 0) return lines === 1
  if (next - end > WIDEST_GAP) return false
  // The next line of one event: what was wrapped goes on behind it.
  if (end - start === DATA.length && text.startsWith(DATA, start)) return true
  return (
    (isShort(text, start, end, true) && isShort(text, next, after, false)) ||
    hasSign(text, Math.max(start, end - NEAR), end) ||
    hasSign(text, next, Math.min(after, next + NEAR)) ||
    // Code points (`U+0041 U+0042`) are longer than other elements.
    text.startsWith('U+', next)
  )
}

/** What a line of an event begins with (Server-sent events, 9.2.6). */
const DATA = 'data:'

/** White space that is wider parts two elements. */
const WIDEST_GAP = 6

/** Units that part the last element in a word from what stands before the list: `"key":"a b c`. */
const delimiters = new Uint8Array(128)
for (const unit of '"\'`=:,;()[]{}<>\x1e') delimiters[unit.charCodeAt(0)] = 1

/** True for a word that ends (or begins) with so few letters and digits that these may be one element of a list. */
function isShort(text: string, start: number, end: number, backwards: boolean): boolean {
  let count = 0
  let before = 0
  for (let i = 0; i < end - start; i++) {
    if (i > LONGEST_ELEMENT) return false
    const unit = narrow(text.charCodeAt(backwards ? end - 1 - i : start + i))
    if (isLetterOrDigit(unit) || (unit >= 128 && foldTable()[unit] !== 0)) {
      if (++count > SHORT_WORD) return false
      // The sign of a number: what stands on the other side of it is none of the list.
      if (backwards ? unit === ZERO && isX(before) : isX(unit) && before === ZERO) return true
    } else if (count > 0 && unit < 128 && delimiters[unit] === 1) return true
    before = unit
  }
  return true
}

const ZERO = 0x30

/** The second unit of `0x`, also in ROT13. */
function isX(unit: number): boolean {
  return (unit | 32) === 0x78 || (unit | 32) === 0x6b
}

/** What a full-width form stands for. */
function narrow(unit: number): number {
  return unit >= 0xff01 && unit <= 0xff5e ? unit - 0xfee0 : unit
}

/** So near the end of a word an escape makes that of the next one a part of the same text. */
const NEAR = 12

/** True where the sign of an escape stands in a part of a word. */
function hasSign(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const unit = narrow(text.charCodeAt(i))
    if (unit === 0x5c || unit === 0x25 || unit === 0x26 || (unit === 0x3d && i > start)) return true
  }
  return false
}

function wordStart(text: string, place: number): number {
  let start = place
  while (start > 0 && !isSpace(text.charCodeAt(start - 1))) start--
  return start
}

function wordEnd(text: string, place: number): number {
  let end = place
  while (end < text.length && !isSpace(text.charCodeAt(end))) end++
  return end
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
}
