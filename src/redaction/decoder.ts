import { ascii85Texts } from './ascii85.ts'
import { base64RunTexts } from './base64-run.ts'
import { LONGEST_SHORT, shortPaddedTexts } from './base64-text.ts'
import {
  ASCII85_UNIT,
  BASE64_UNIT,
  type EncodedRun,
  LIST_UNIT,
  ROTATED_LIST_UNIT,
  SINGLE,
} from './encoded-run.ts'
import type { KnownUnits } from './known-units.ts'
import { FEWEST_NUMBERS, listTexts } from './list-texts.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { surveyed, withoutLineEnds } from './run-survey.ts'
import { apartText, singlesTexts } from './spread-texts.ts'
import { stretchTexts } from './stretch-texts.ts'
import { isDigit } from './unit-kinds.ts'

/** What a run of units that may be encoded stands for, in every encoding that it may be of; empty for most. */
export function decoded(
  text: string,
  units: Uint16Array,
  run: EncodedRun,
  known: KnownUnits,
): MappedText[] {
  const { start, end, kind } = run
  if (kind === BASE64_UNIT) return base64Decoded(text, units, run, known)
  if (kind === ASCII85_UNIT) return ascii85Texts(units, run, known)
  if (kind === LIST_UNIT || kind === ROTATED_LIST_UNIT) {
    if (!mayBeList(units, start, end)) return []
    return listTexts(text.slice(start, end), known).map((one) => wholeOf(one, start, end))
  }
  if (kind === SINGLE) return singlesTexts(text, start, end)
  return [apartText(text, units, start, end)]
}

/** What a run of base64 units stands for, in all encodings that have no others. */
function base64Decoded(
  text: string,
  units: Uint16Array,
  run: EncodedRun,
  known: KnownUnits,
): MappedText[] {
  const { start, end } = run
  const own = surveyed(units, start, end)
  const joined = own.wrapped ? withoutLineEnds(units, start, end) : null
  const survey = joined === null ? own : { ...surveyed(joined, 0, joined.length), wrapped: true }
  const found: MappedText[] = []
  if (survey.evidence !== 0 || survey.random) {
    const { texts, plain } = base64RunTexts(text, run, survey, known)
    if (plain) return texts
    found.push(...texts)
  }
  if (end - start <= LONGEST_SHORT && (units[start] === PADDING || units[end - 1] === PADDING)) {
    for (const one of shortPaddedTexts(text.slice(start, end))) found.push(wholeOf(one, start, end))
  }
  if (own.stretches !== 0) found.push(...stretchTexts(units, run, own.stretches, known))
  if (joined !== null && survey.stretches !== 0) {
    const all = { start: 0, end: joined.length }
    for (const one of stretchTexts(joined, all, survey.stretches, known)) {
      found.push(wholeOf(one.text, start, end))
    }
  }
  if (own.dashes) {
    for (const one of grouped(text.slice(start, end))) found.push(wholeOf(one, start, end))
  }
  return found
}

const PADDING = 0x3d

/** Numbers of more digits are no bytes and no characters; in hex of more than two they are no bytes. */
const MOST_DIGITS = 6
const MOST_HEX_DIGITS = 2

/** True where a run has numbers enough in a row for a list of bytes. */
function mayBeList(units: Uint16Array, start: number, end: number): boolean {
  let numbers = 0
  let digits = 0
  let letters = 0
  for (let i = start; i <= end; i++) {
    const unit = i < end ? (units[i] ?? 0) : 0
    const letter = unit | 32
    if (isDigit(unit)) digits++
    // The letter of `0x`, also in ROT13, parts two numbers.
    else if (letter >= 97 && letter !== 0x78 && letter !== 0x6b) letters++
    else if (digits + letters > 0) {
      const most = letters > 0 ? MOST_HEX_DIGITS : MOST_DIGITS
      // Without a separator `0x670x68` has the 0 of the next one at its end.
      const size = digits + letters - (letter === 0x78 || letter === 0x6b ? 1 : 0)
      if (size > most) numbers = 0
      else if (size > 0 && ++numbers >= FEWEST_NUMBERS) return true
      digits = 0
      letters = 0
    }
  }
  return false
}

/** A text in groups of one length with dashes between them, without the dashes. */
function grouped(units: string): string[] {
  const size = units.indexOf('-')
  if (size < 2 || size > 16 || units.charAt(size * 2 + 1) !== '-') return []
  const groups = units.split('-')
  const even = groups.every((group, i) => group.length === size || i === groups.length - 1)
  return even && groups.length > 3 ? [groups.join('')] : []
}
