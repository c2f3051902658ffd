import { Buffer } from 'node:buffer'
import { forEachBase32 } from './base32.ts'
import { forEachBase58 } from './base58.ts'
import { HAS_TEXT, probed } from './byte-probe.ts'
import { ByteRoom } from './byte-room.ts'
import { sequenceSize } from './byte-text.ts'
import { digitsOf } from './digits.ts'
import { inflatedIn } from './inflate.ts'
import type { KnownUnits } from './known-units.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import {
  HEX_STRETCH,
  MIXED_STRETCH,
  ONE_CASE_STRETCH,
  ROTATED_STRETCH,
  SHORTEST_HEX,
  SHORTEST_STRETCH,
} from './run-survey.ts'
import { textsInAll } from './texts-in-bytes.ts'
import { rotatedUnit } from './turns.ts'
import { isDigit, isHexUnit, isLetterOrDigit } from './unit-kinds.ts'

/** What a stretch of units is made of. */
interface Alphabet {
  readonly units: Uint8Array
  readonly shortest: number
}

const alphabet = (shortest: number, has: (unit: number) => boolean): Alphabet => ({
  units: Uint8Array.from({ length: 128 }, (_, unit) => (has(unit) ? 1 : 0)),
  shortest,
})

const HEX = alphabet(SHORTEST_HEX, isHexUnit)
const HEX_ROTATED = alphabet(SHORTEST_HEX, (unit) => isHexUnit(rotatedUnit(unit)))
const UPPER = alphabet(SHORTEST_STRETCH, (unit) => isLetterOrDigit(unit) && unit < 97)
const LOWER = alphabet(
  SHORTEST_STRETCH,
  (unit) => isDigit(unit) || (isLetterOrDigit(unit) && unit >= 97),
)
const DIGITS = alphabet(1, isDigit)
const LETTERS_AND_DIGITS = alphabet(SHORTEST_STRETCH, isLetterOrDigit)

/**
 * What stretches of letters and digits in a run stand for, in hex, base32 or base58, in each order and alphabet.
 *
 * @param stretches which there may be, as `RunSurvey` says.
 */
export function stretchTexts(
  units: Uint16Array,
  { start, end }: { readonly start: number; readonly end: number },
  stretches: number,
  known: KnownUnits,
): MappedText[] {
  const found: MappedText[] = []
  addTexts(units, start, end, stretches, known, (text, first, last) => {
    found.push(wholeOf(text, first, last))
  })
  return found
}

type Add = (text: string, first: number, last: number) => void

function addTexts(
  units: Uint16Array,
  start: number,
  end: number,
  stretches: number,
  known: KnownUnits,
  add: Add,
): void {
  const each = (of: Alphabet, texts: (part: Uint16Array) => string[]): void => {
    for (let at = start; at < end; at++) {
      const first = at
      while (at < end && of.units[(units[at] ?? 0) & 127] === 1) at++
      if (at - first < of.shortest) continue
      for (const text of texts(units.subarray(first, at))) add(text, first, at)
    }
  }
  if ((stretches & HEX_STRETCH) !== 0) each(HEX, (part) => hexTexts(part, hexDigits, known))
  if ((stretches & ROTATED_STRETCH) !== 0) {
    // Digits alone are the same in ROT13.
    each(HEX_ROTATED, (part) =>
      countOf(part, DIGITS) === part.length ? [] : hexTexts(part, rotatedHexDigits, known),
    )
  }
  if ((stretches & ONE_CASE_STRETCH) !== 0) {
    for (const one of [UPPER, LOWER]) each(one, (part) => base32Texts(part, known))
  }
  if ((stretches & MIXED_STRETCH) !== 0) {
    each(LETTERS_AND_DIGITS, (part) => base58Texts(part, known))
  }
}

function countOf(part: Uint16Array, of: Alphabet): number {
  let count = 0
  for (let i = 0; i < part.length; i++) count += of.units[(part[i] ?? 0) & 127] ?? 0
  return count
}

/** Fewer bytes hold no part of a value. */
const FEWEST_BYTES = 8

/** What hex digits stand for, from the first or the second digit on, in their order and in the reverse. */
function hexTexts(units: Uint16Array, digits: Uint8Array, known: KnownUnits): string[] {
  const texts: string[] = []
  const { length } = units
  const bytes = room.of(length >> 1)
  for (const step of [1, -1]) {
    for (const skipped of [0, 1]) {
      const count = (length - skipped) >> 1
      if (count < FEWEST_BYTES) continue
      let at = step > 0 ? skipped : length - 1 - skipped
      for (let i = 0; i < count; i++, at += 2 * step) {
        const high = digits[(units[at] ?? 0) & 127] ?? 0
        bytes[i] = (high << 4) | (digits[(units[at + step] ?? 0) & 127] ?? 0)
      }
      if (probed(bytes, count, known) === 0) continue
      const found = Buffer.from(bytes.subarray(0, count))
      texts.push(...textsInAll([found, ...inflatedIn(found, false)], known))
    }
  }
  return texts
}

const room = new ByteRoom()

const hexDigits = digitsOf('0123456789abcdef').slice()
for (let unit = 0x41; unit <= 0x46; unit++) hexDigits[unit] = unit - 0x41 + 10
const rotatedHexDigits = hexDigits.map((_, unit) => hexDigits[rotatedUnit(unit)] ?? 0)

function base32Texts(part: Uint16Array, known: KnownUnits): string[] {
  // Digests: base32 of so many units has other letters too.
  if (part.length >= SHORTEST_DIGEST && countOf(part, HEX) === part.length) return []
  const long = part.length >= LONG_BASE32 && countOf(part, DIGITS) > 0
  return textsOfEach((visit) => forEachBase32(part, long, mayBeText, visit), known)
}

/** Hex digits alone stand in base32 of so many units once in 10^6 times, in that with the extended hex alphabet once in 10^4. */
const SHORTEST_DIGEST = 16

/** Text that is not ASCII has more units than this, and hardly ever none that is a digit. */
const LONG_BASE32 = 36

/** False for a start of bytes that are neither UTF-8 nor UTF-16 of the usual letters. */
function mayBeText(head: Uint8Array): boolean {
  let odd = 0
  for (let at = 0; at < head.length; ) {
    const byte = head[at] ?? 0
    const size = byte === 0 || (byte >= 9 && byte !== 127) ? sequenceSize(head, at) : 0
    // At the end a character may be cut.
    if (size === 0 && at + 3 < head.length) odd++
    at += Math.max(1, size)
  }
  return odd <= 4
}

function base58Texts(part: Uint16Array, known: KnownUnits): string[] {
  if (isName(part)) return []
  return textsOfEach((visit) => forEachBase58(part, visit), known)
}

/** In names so many letters in a hundred are small ones after another. */
const NAME_PAIRS = 45

/** True for letters of both cases without digits, as in `getElementById`: base58 hardly ever has so many small ones in a row. */
function isName(part: Uint16Array): boolean {
  if (countOf(part, DIGITS) > 0) return false
  let pairs = 0
  for (let i = 1; i < part.length; i++)
    if ((part[i - 1] ?? 0) >= 97 && (part[i] ?? 0) >= 97) pairs++
  return pairs * 100 >= part.length * NAME_PAIRS
}

/** The texts in each of the bytes that are visited. */
function textsOfEach(
  forEach: (visit: (bytes: Uint8Array) => void) => void,
  known: KnownUnits,
): string[] {
  const texts: string[] = []
  forEach((bytes) => {
    if ((probed(bytes, bytes.length, known) & HAS_TEXT) === 0) return
    texts.push(...textsInAll([bytes], known))
  })
  return texts
}
