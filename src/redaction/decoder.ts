import { Buffer, isUtf8 } from 'node:buffer'
import { ascii85Texts } from './ascii85.ts'
import { base64Evidence, base64Texts, FORWARD, REVERSED, ROTATED } from './base64-text.ts'
import { ASCII85_UNIT, BASE64_UNIT, type EncodedRun, gathered, LIST_UNIT } from './encoded-run.ts'
import { inflated } from './inflate.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import {
  base32Texts,
  base58Texts,
  FEWEST_BYTES,
  hexTexts,
  LONGEST_BASE58,
  listTexts,
  textOfBytes,
} from './other-bases.ts'
import { reversed, rot13 } from './spread-forms.ts'

/** Thrown where a compressed text holds more than is ever searched. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch'
}

/** What a run of units that may be encoded stands for, in every encoding that it may be of; empty for most. */
export function decoded(text: string, run: EncodedRun): MappedText[] {
  const { start, end, kind } = run
  const whole = (texts: readonly string[]): MappedText[] =>
    texts.map((one) => wholeOf(one, start, end))
  if (kind === BASE64_UNIT) return baseRun(text, start, end, whole)
  if (kind === ASCII85_UNIT) return ascii85Texts(text, start, end)
  if (kind === LIST_UNIT) {
    if (!mayBeList(text, start, end)) return []
    const raw = text.slice(start, end)
    const first = raw.search(/[0-9a-fA-F]/)
    const last = raw.search(/[^0-9a-fA-F]*$/)
    return listTexts(raw).map((one) => wholeOf(one, start + first, start + last))
  }
  const raw = text.slice(start, end)
  const first = Math.max(0, raw.search(/[A-Za-z0-9]/))
  return [gathered(raw.slice(first), start + first)]
}

/** True where a run has numbers enough for a list of bytes. */
function mayBeList(text: string, start: number, end: number): boolean {
  let numbers = 0
  let before = false
  for (let i = start; i < end; i++) {
    const is = isHexUnit(text.charCodeAt(i))
    if (is && !before && ++numbers >= FEWEST_BYTES) return true
    before = is
  }
  return false
}

function isHexUnit(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || (unit >= 97 && unit <= 102) || (unit >= 65 && unit <= 70)
}

const SHORTEST_HEX = 16
const SHORTEST_BASE58 = 16
const SHORTEST_COMPRESSED = 20

function baseRun(
  text: string,
  start: number,
  end: number,
  whole: (texts: readonly string[]) => MappedText[],
): MappedText[] {
  const found: MappedText[] = []
  const look = lookAt(text, start, end)
  const evidence = base64Evidence(text, start, end)
  const nothing = !look.dashes && !look.stretches && !look.mixed && !look.wide && !look.wrapped
  if (evidence === 0 && nothing) return found
  const raw = text.slice(start, end)
  const units = look.wrapped ? raw.replaceAll(/[\r\n]+/g, '') : raw
  if ((evidence & FORWARD) !== 0) {
    for (const { text: one, span } of base64Texts(units)) {
      // Of a wrapped text all goes: its places are not kept.
      const local = (from: number, to: number) => {
        const { start: s, end: e } = span(from, to)
        return { start: start + s, end: Math.min(end, start + e) }
      }
      found.push(look.wrapped ? wholeOf(one, start, end) : { text: one, span: local })
    }
  }
  if (look.wide || look.wrapped) found.push(...whole(wideTexts(units)))
  if (look.dashes) found.push(...whole(grouped(units)))
  if ((evidence & REVERSED) !== 0) {
    found.push(...whole(base64Texts(reversed(units)).map(({ text: one }) => one)))
  }
  if ((evidence & ROTATED) !== 0) {
    found.push(...whole(base64Texts(rot13(units)).map(({ text: one }) => one)))
  }
  if (look.stretches || look.wrapped) {
    for (const part of units.split(/[-_=/+]+/)) found.push(...whole(stretchTexts(part)))
  }
  if (look.mixed) found.push(...compressed(raw, start, end))
  return found
}

/** What a stretch of letters and digits stands for in hex, base32 or base58. */
function stretchTexts(part: string): string[] {
  if (part.length < SHORTEST_HEX) return []
  if (/^[0-9a-fA-F]+$/.test(part)) return hexTexts(part)
  const texts: string[] = []
  if (/^(?:[A-V0-9]+|[a-v0-9]+|[A-Z2-7]+|[a-z2-7]+)$/.test(part)) texts.push(...base32Texts(part))
  if (mayBeBase58(part)) texts.push(...base58Texts(part))
  return texts
}

interface Look {
  readonly wrapped: boolean
  readonly dashes: boolean
  /** A stretch of letters and digits is long enough for hex, base32 or base58, and such as those have. */
  readonly stretches: boolean
  /** Not of hex digits alone, and of capitals or digits too: bytes at random, of which base64 has all kinds of units. */
  readonly mixed: boolean
  readonly wide: boolean
}

const LOWER = 1
const UPPER = 2
const DIGIT = 4
const NO_HEX = 8
const OTHER = 16

const kinds = Uint8Array.from({ length: 128 }, (_, unit) => {
  const hex = (unit >= 65 && unit <= 70) || (unit >= 97 && unit <= 102)
  if (unit >= 97 && unit <= 122) return hex ? LOWER : LOWER | NO_HEX
  if (unit >= 65 && unit <= 90) return hex ? UPPER : UPPER | NO_HEX
  return unit >= 48 && unit <= 57 ? DIGIT : OTHER
})

/** What a run of base64 units has, in one pass and without a copy of it. */
function lookAt(text: string, start: number, end: number): Look {
  let wrapped = false
  let dashes = false
  let stretches = false
  let all = 0
  let stretch = 0
  let since = start
  for (let i = start; i <= end; i++) {
    const unit = i < end ? text.charCodeAt(i) : 0x2d
    const kind = kinds[unit & 127] ?? OTHER
    if (kind !== OTHER) {
      stretch |= kind
      continue
    }
    if (i < end && unit === 0x2d) dashes = true
    if (unit === 0x0a || unit === 0x0d) wrapped = true
    if (i - since >= SHORTEST_BASE58) {
      const oneCase = (stretch & (LOWER | UPPER)) !== (LOWER | UPPER)
      const all3 = (stretch & (LOWER | UPPER | DIGIT)) === (LOWER | UPPER | DIGIT)
      if (oneCase || all3 || (stretch & NO_HEX) === 0) stretches = true
    }
    all |= stretch
    stretch = 0
    since = i + 1
  }
  const cases = (all & (LOWER | UPPER)) === (LOWER | UPPER)
  const mixed = end - start >= SHORTEST_COMPRESSED && cases && (all & NO_HEX) !== 0
  return {
    wrapped,
    dashes,
    stretches,
    mixed,
    wide: end - start >= 24 && (all & (UPPER | DIGIT)) !== 0,
  }
}

/** What base64 of UTF-8 beyond ASCII stands for. */
function wideTexts(units: string): string[] {
  if (units.length < 24) return []
  const head = Buffer.from(units.slice(0, 32), 'base64')
  let high = 0
  for (const byte of head) {
    if (byte > 126) high++
    else if (byte < 9) return []
  }
  // A character may be cut at the end of the head.
  if (high < 2 || ![0, 1, 2, 3].some((cut) => isUtf8(head.subarray(0, head.length - cut))))
    return []
  const text = textOfBytes(Buffer.from(units, 'base64'))
  return text === null ? [] : [text]
}

/** A text in groups of one length with dashes between them, without the dashes. */
function grouped(units: string): string[] {
  const size = units.indexOf('-')
  if (size < 2 || size > 16 || units.charAt(size * 2 + 1) !== '-') return []
  const groups = units.split('-')
  const even = groups.every((group, i) => group.length === size || i === groups.length - 1)
  return even && groups.length > 3 ? [groups.join('')] : []
}

function mayBeBase58(part: string): boolean {
  if (part.length > LONGEST_BASE58 || /[0OIl]/.test(part)) return false
  return (
    (part.match(/[1-9]/g)?.length ?? 0) > 0 &&
    /[A-Z].*[A-Z]/.test(part) &&
    /[a-z].*[a-z]/.test(part)
  )
}

/** What compression made of a text, where a base64 run, or the rest of it behind a `/` or `-`, holds it. */
function compressed(raw: string, start: number, end: number): MappedText[] {
  if (end - start < SHORTEST_COMPRESSED) return []
  const texts: MappedText[] = []
  for (const from of startsOfCompressed(raw)) {
    const result = inflated(Buffer.from(raw.slice(from), 'base64'))
    if (result === 'too long') throw new TooMuch('a compressed text holds too much')
    if (result !== null)
      texts.push(
        wholeOf(textOfBytes(result.bytes) ?? result.bytes.toString('latin1'), start + from, end),
      )
  }
  return texts
}

const MAGICS = ['H4sI', 'KLUv', 'eJ', 'eN', 'eAE', 'eF']

function startsOfCompressed(raw: string): number[] {
  const starts = looksRandom(raw) ? [0] : []
  for (const magic of MAGICS) {
    const at = raw.indexOf(magic)
    const long = magic.length === 4
    if (at === 0 || (at > 0 && (long || /[-_/+\n]/.test(raw.charAt(at - 1))))) starts.push(at)
  }
  return starts
}

/** True for a run that may be compressed bytes: letters of both cases and digits, mixed. */
function looksRandom(raw: string): boolean {
  const head = raw.slice(0, 64)
  return (
    /\d/.test(head) &&
    (head.match(/[a-z][A-Z]|[A-Z][a-z]|\d[A-Za-z]|[A-Za-z]\d/g)?.length ?? 0) * 4 >= head.length
  )
}
