import { Buffer } from 'node:buffer'
import { base32Bytes, base58Bytes, mayBeAscii } from './base-bytes.ts'
import { probed } from './byte-probe.ts'
import { ByteRoom } from './byte-room.ts'
import { sequenceSize } from './byte-text.ts'
import { digitsOf } from './digits.ts'
import { isHex } from './hex.ts'
import { inflatedIn } from './inflate.ts'
import type { KnownUnits } from './known-units.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import {
  HEX_STRETCH,
  MIXED_STRETCH,
  ONE_CASE_STRETCH,
  ROTATED_STRETCH,
  type RunSurvey,
} from './run-survey.ts'
import { textsInAll } from './texts-in-bytes.ts'
import { rot13, TURNS } from './turns.ts'

/** The longest base58 that is decoded: its work grows with the square of its length. */
const LONGEST_BASE58 = 4_096

const HEX = /[0-9a-fA-F]{16,}/g
const HEX_ROTATED = /[0-9n-sN-S]{16,}/g
const BASE32 = /[A-Z0-9]{13,}|[a-z0-9]{13,}/g
const BASE58 = /(?<![A-Za-z0-9])[A-Za-z1-9]{13,}(?![A-Za-z0-9])/g

/** What stretches of letters and digits in a run stand for, in hex, base32 or base58, in each order and alphabet. */
export function stretchTexts(
  text: string,
  run: { readonly start: number; readonly end: number },
  survey: RunSurvey,
  known: KnownUnits,
): MappedText[] {
  const { start, end } = run
  const raw = text.slice(start, end)
  const found = textsIn(raw, start, survey.stretches, known)
  if (!survey.wrapped) return found
  const joined = textsIn(raw.replaceAll(/[\r\n]+/g, ''), 0, ALL, known)
  return [...found, ...joined.map((one) => wholeOf(one.text, start, end))]
}

const ALL = HEX_STRETCH | ROTATED_STRETCH | ONE_CASE_STRETCH | MIXED_STRETCH

function textsIn(raw: string, offset: number, stretches: number, known: KnownUnits): MappedText[] {
  const found: MappedText[] = []
  const each = (pattern: RegExp, texts: (part: string) => string[]) => {
    pattern.lastIndex = 0
    for (let match = pattern.exec(raw); match !== null; match = pattern.exec(raw)) {
      const start = offset + match.index
      const end = start + match[0].length
      for (const one of texts(match[0])) found.push(wholeOf(one, start, end))
    }
  }
  if ((stretches & HEX_STRETCH) !== 0) each(HEX, (part) => hexTexts(part, known))
  if ((stretches & ROTATED_STRETCH) !== 0) {
    each(HEX_ROTATED, (part) => (/[n-s]/i.test(part) ? hexTexts(rot13(part), known) : []))
  }
  if ((stretches & ONE_CASE_STRETCH) !== 0) each(BASE32, (part) => base32Texts(part, known))
  if ((stretches & MIXED_STRETCH) !== 0) each(BASE58, (part) => base58Texts(part, known))
  return found
}

/** What hex digits stand for, from the first or the second digit on, in their order and in the reverse. */
function hexTexts(digits: string, known: KnownUnits): string[] {
  const texts: string[] = []
  const { length } = digits
  const nibbles = nibbleRoom.of(length)
  for (let i = 0; i < length; i++) nibbles[i] = hexDigits[digits.charCodeAt(i) & 127] ?? 0
  const bytes = hexRoom.of(length >> 1)
  for (const step of [1, -1]) {
    for (const skipped of [0, 1]) {
      const count = (length - skipped) >> 1
      let at = step > 0 ? skipped : length - 1 - skipped
      for (let i = 0; i < count; i++, at += 2 * step) {
        bytes[i] = ((nibbles[at] ?? 0) << 4) | (nibbles[at + step] ?? 0)
      }
      if (probed(bytes, count, known) === 0) continue
      const found = Buffer.from(bytes.subarray(0, count))
      texts.push(...textsInAll([found, ...inflatedIn(found, false)], known))
    }
  }
  return texts
}

const nibbleRoom = new ByteRoom()
const hexRoom = new ByteRoom()

const hexDigits = digitsOf('0123456789abcdef').slice()
for (let unit = 0x41; unit <= 0x46; unit++) hexDigits[unit] = unit - 0x41 + 10

function base32Texts(part: string, known: KnownUnits): string[] {
  // Digests: base32 of so many units has other letters too.
  if (part.length >= SHORTEST_DIGEST && isHex(part)) return []
  const long = part.length >= LONG_BASE32 && /[0-9]/.test(part)
  return TURNS.flatMap((turn) => {
    const units = turn(part).toUpperCase()
    if (!long && !mayBeAscii(units)) return []
    return textsInAll(base32Bytes(units, mayBeText), known)
  })
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

function base58Texts(part: string, known: KnownUnits): string[] {
  if (part.length > LONGEST_BASE58) return []
  return TURNS.flatMap((turn) => textsInAll(base58Bytes(turn(part)), known))
}
