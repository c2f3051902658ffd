import { Buffer } from 'node:buffer'
import { base64Texts } from './base64-text.ts'
import { HAS_COMPRESSED, HAS_TEXT, probed } from './byte-probe.ts'
import { ByteRoom } from './byte-room.ts'
import { NO_DIGIT } from './digits.ts'
import { inflatedIn, inflatedWhole, mayBeUnsigned } from './inflate.ts'
import type { KnownUnits } from './known-units.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { BOTH, FORWARD, REVERSED, ROTATED, type RunSurvey, sextets } from './run-survey.ts'
import { textsInAll } from './texts-in-bytes.ts'
import { rotatedUnit, TURNS } from './turns.ts'

/** Shorter pieces hold no part of a value. */
const SHORTEST = 12
/** What is turned around or in ROT13 is read as bytes up to this length; beyond it only as ASCII text. */
const LONGEST_TURNED = 4_096
/** So many units in a row are ASCII text by chance once in 10^7 times: they are read in no other order and alphabet. */
const LEAST_PLAIN = 32
/** So much plain text is read in no other order and alphabet. */
const CERTAIN = 128
/** The end of a group, and nothing more, may be left between two parts that are plain. */
const LEAST_GAP = 4
/** What is read in other ways takes so many units of what is plain on either side with it. */
const MARGIN = 16

/** What a run stands for. */
interface RunTexts {
  readonly texts: MappedText[]
  /** It is plain base64 from end to end, and nothing else. */
  readonly plain: boolean
}

/** What a run of base64 units stands for: ASCII text wherever it begins in it, and any text in its bytes, in each order and alphabet. */
export function base64RunTexts(
  text: string,
  run: { readonly start: number; readonly end: number },
  survey: RunSurvey,
  known: KnownUnits,
): RunTexts {
  const { start, end } = run
  const { evidence, wrapped, random } = survey
  const raw = text.slice(start, end)
  const units = wrapped ? raw.replaceAll(/[\r\n]+/g, '') : raw
  const whole = (one: string): MappedText => wholeOf(one, start, end)
  const found: MappedText[] = []
  const stretches: Part[] = []
  if ((evidence & FORWARD) !== 0) {
    for (const { text: one, span, start: first, end: last, plain: isPlain } of base64Texts(units)) {
      if (isPlain && last - first >= LEAST_PLAIN) stretches.push({ first, last })
      if (wrapped) {
        found.push(whole(one))
        continue
      }
      const local = (from: number, to: number) => {
        const inner = span(from, to)
        return { start: start + inner.start, end: Math.min(end, start + inner.end) }
      }
      found.push({ text: one, span: local })
    }
  }
  const plain = outermost(stretches)
  // What goes on as text in another order or alphabet too is no text by chance: digits, escapes.
  const certain = survey.strong > FORWARD ? [] : plain.filter(isCertain)
  for (const gap of gapsBetween(certain, units.length)) {
    for (const one of turnedTexts(units, gap, evidence, plain)) found.push(whole(one))
  }
  const rest = gapsBetween(plain, units.length)
  if (rest.length === 0) {
    // Compressed digits may look like plain ones.
    found.push(...textsInAll(compressedDigits(units), known).map(whole))
    return { texts: found, plain: true }
  }
  if (random) found.push(...textsOfBytes(units, rest, known).map(whole))
  return { texts: found, plain: false }
}

/** Places in the units of a run. */
interface Part {
  readonly first: number
  readonly last: number
}

/** Of parts in their order, the one that goes on the furthest of those that begin at a place or before; null where none does. */
function lastBefore(parts: readonly Part[], place: number): Part | null {
  let low = 0
  let high = parts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((parts[middle]?.first ?? 0) <= place) low = middle + 1
    else high = middle
  }
  return parts[low - 1] ?? null
}

/** Parts in their order, without those that lie in another one. */
function outermost(parts: readonly Part[]): Part[] {
  const kept: Part[] = []
  for (const part of [...parts].sort((a, b) => a.first - b.first || b.last - a.last)) {
    if (part.last > (kept.at(-1)?.last ?? 0)) kept.push(part)
  }
  return kept
}

function isCertain({ first, last }: Part): boolean {
  return last - first >= CERTAIN
}

/** The ASCII texts of a part in the other orders and alphabets that there is evidence of. */
function turnedTexts(
  units: string,
  { first, last }: Part,
  evidence: number,
  plain: readonly Part[],
): string[] {
  const texts: string[] = []
  for (const [index, sign] of [REVERSED, ROTATED, BOTH].entries()) {
    const turn = TURNS[index + 1]
    if ((evidence & sign) === 0 || turn === undefined) continue
    for (const { text, start, end } of base64Texts(turn(units.slice(first, last)))) {
      const part =
        sign === ROTATED
          ? { first: first + start, last: first + end }
          : { first: last - end, last: last - start }
      const around = lastBefore(plain, part.first)
      if (around === null || !isChance(part, around)) texts.push(text)
    }
  }
  return texts
}

/** True for what is read in another order or alphabet from a part that is plain: digits are text both ways, but not as far. */
function isChance(part: Part, plain: Part): boolean {
  const inside = plain.first <= part.first && part.last <= plain.last
  return inside && (part.last - part.first) * 2 <= plain.last - plain.first
}

/** What is not plain (of parts in their order), each with a margin; none where what is left is too short. */
function gapsBetween(plain: readonly Part[], length: number): Part[] {
  const gaps: Part[] = []
  const add = (first: number, last: number) => {
    if (last - first < LEAST_GAP) return
    gaps.push({ first: Math.max(0, first - MARGIN), last: Math.min(length, last + MARGIN) })
  }
  let at = 0
  for (const { first, last } of plain) {
    add(at, first)
    at = Math.max(at, last)
  }
  add(at, length)
  return gaps
}

/** What a run holds that begins as what raw deflate or Brotli made. */
function compressedDigits(units: string): Buffer[] {
  const head = sextetsOf(units.slice(0, HEAD))
  const bytes = room.of(units.length)
  base64Bytes(head, 0, head.length, bytes)
  if (!mayBeUnsigned(bytes, (units.length * 3) >> 2)) return []
  const digits = sextetsOf(units)
  return inflatedWhole(Buffer.from(bytes.subarray(0, base64Bytes(digits, 0, digits.length, bytes))))
}

/** Enough units to see how bytes begin. */
const HEAD = 64

/** The texts in the bytes of a run, and of those parts of it also in other orders and alphabets. */
function textsOfBytes(units: string, parts: readonly Part[], known: KnownUnits): string[] {
  const { length } = units
  const digits = digitRoom.of(length)
  for (let i = 0; i < length; i++) digits[i] = sextets[units.charCodeAt(i) & 127] ?? NO_DIGIT
  const texts: string[] = []
  addTexts(digits, 0, length, known, texts)
  for (const { first, last } of parts) {
    if (last - first > LONGEST_TURNED) continue
    const size = last - first
    const turned = turnRoom.of(size)
    for (let i = 0; i < size; i++) turned[i] = digits[last - 1 - i] ?? NO_DIGIT
    addTexts(turned, 0, size, known, texts)
    for (let i = 0; i < size; i++) turned[i] = rotatedSextets[turned[i] ?? NO_DIGIT] ?? NO_DIGIT
    addTexts(turned, 0, size, known, texts)
    for (let i = 0; i < size; i++) {
      turned[i] = rotatedSextets[digits[first + i] ?? NO_DIGIT] ?? NO_DIGIT
    }
    addTexts(turned, 0, size, known, texts)
  }
  return texts
}

/** By sextet: the one of its unit in ROT13. */
const rotatedSextets = new Uint8Array(256).fill(NO_DIGIT)
for (const [unit, sextet] of sextets.entries()) {
  if (sextet !== NO_DIGIT) rotatedSextets[sextet] = sextets[rotatedUnit(unit)] ?? NO_DIGIT
}

function sextetsOf(units: string): Uint8Array {
  const digits = new Uint8Array(units.length)
  for (let i = 0; i < digits.length; i++) {
    digits[i] = sextets[units.charCodeAt(i) & 127] ?? NO_DIGIT
  }
  return digits
}

const digitRoom = new ByteRoom()
const turnRoom = new ByteRoom()
const room = new ByteRoom()

/** Adds the texts in the bytes of pieces between signs that end one (`=`), wherever in it a group may begin. */
function addTexts(
  digits: Uint8Array,
  first: number,
  last: number,
  known: KnownUnits,
  texts: string[],
): void {
  const bytes = room.of(last - first)
  for (let start = first; start < last; ) {
    let end = start
    while (end < last && digits[end] !== NO_DIGIT) end++
    for (let phase = 0; phase < 4 && end - start >= SHORTEST; phase++) {
      const count = base64Bytes(digits, start + phase, end, bytes)
      const probe = probed(bytes, count, known)
      // What has no sign of its own can only be known where it begins.
      const unsigned = phase === 0 && mayBeUnsigned(bytes, count)
      if (probe === 0 && !unsigned) continue
      const found = Buffer.from(bytes.subarray(0, count))
      if ((probe & HAS_TEXT) !== 0) texts.push(...textsInAll([found], known))
      if ((probe & HAS_COMPRESSED) === 0 && !unsigned) continue
      texts.push(...textsInAll(inflatedIn(found, unsigned), known))
    }
    start = end + 1
  }
}

/** Decodes base64 into room that is there, and gives how many bytes that are. */
function base64Bytes(digits: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let count = 0
  let at = start
  for (; at + 3 < end; at += 4) {
    const second = digits[at + 1] ?? 0
    const third = digits[at + 2] ?? 0
    into[count++] = ((digits[at] ?? 0) << 2) | (second >> 4)
    into[count++] = (second << 4) | (third >> 2)
    into[count++] = (third << 6) | (digits[at + 3] ?? 0)
  }
  if (at + 1 < end) into[count++] = ((digits[at] ?? 0) << 2) | ((digits[at + 1] ?? 0) >> 4)
  if (at + 2 < end) into[count++] = ((digits[at + 1] ?? 0) << 4) | ((digits[at + 2] ?? 0) >> 2)
  return count
}
