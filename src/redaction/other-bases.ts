import { Buffer, isUtf8 } from 'node:buffer'
import { reversed } from './spread-forms.ts'

/** Bytes of which fewer than this are text hold no part of a value. */
export const FEWEST_BYTES = 8

/**
 * Bytes as text, where they look like it: UTF-8, or else one unit for each byte; without NULs, so that UTF-16 of ASCII reads as
 * what it stands for. Null where they do not.
 */
export function textOfBytes(bytes: Uint8Array): string | null {
  if (bytes.length < FEWEST_BYTES) return null
  let control = 0
  let high = 0
  for (const byte of bytes) {
    if (byte > 126) high++
    else if (byte < 32 && byte !== 0 && (byte < 9 || byte > 13)) control++
  }
  if (control * 4 > bytes.length) return null
  const buffer = Buffer.from(bytes)
  if (high > 0 && isUtf8(buffer)) return withoutNuls(buffer.toString('utf8'))
  return (control + high) * 4 > bytes.length ? null : withoutNuls(buffer.toString('latin1'))
}

function withoutNuls(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text
}

/** What hex digits stand for, from the first or the second digit on, in their order and in the reverse. */
export function hexTexts(digits: string): string[] {
  const texts: string[] = []
  const last = digits.length - 1
  for (const skipped of [0, 1]) {
    if (mayBeHexText(digits, skipped, 1)) addHexText(digits.slice(skipped), texts)
    if (mayBeHexText(digits, last - skipped, -1)) {
      addHexText(reversed(digits.slice(0, digits.length - skipped)), texts)
    }
  }
  return texts
}

function addHexText(digits: string, texts: string[]): void {
  const text = textOfBytes(Buffer.from(digits.slice(0, digits.length & ~1), 'hex'))
  if (text !== null) texts.push(text)
}

/**
 * False where `textOfBytes` would give null for sure: a quarter of the bytes are above 127 and they are no UTF-8. Digests end
 * here, without a copy.
 */
function mayBeHexText(digits: string, from: number, step: 1 | -1): boolean {
  const size = step === 1 ? digits.length - from : from + 1
  const bytes = size >> 1
  let high = 0
  let expected = 0
  let wellFormed = true
  for (let i = 0, at = from; i < bytes; i++, at += 2 * step) {
    const unit = digits.charCodeAt(at)
    const nibble = unit < 58 ? unit - 48 : (unit & 31) + 9
    if (nibble >= 8) high++
    const goesOn = nibble >= 8 && nibble < 12
    if (goesOn !== expected > 0) wellFormed = false
    if (goesOn) expected--
    else expected = nibble < 12 ? 0 : nibble === 15 ? 3 : nibble === 14 ? 2 : 1
    if (!wellFormed && high * 4 > bytes) return false
  }
  return true
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE32_HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'

/** What base32 units stand for (RFC 4648, both alphabets), at any of the eight places where a group may begin. */
export function base32Texts(units: string): string[] {
  const upper = units.toUpperCase()
  const texts: string[] = []
  for (const alphabet of [BASE32, BASE32_HEX]) {
    for (let phase = 0; phase < 8; phase++) {
      const bytes: number[] = []
      let value = 0
      let bits = 0
      let odd = 0
      for (let i = phase; i < upper.length; i++) {
        const digit = alphabet.indexOf(upper.charAt(i))
        if (digit < 0) {
          odd = bytes.length + 1
          break
        }
        value = ((value << 5) | digit) & 0xfff
        bits += 5
        if (bits < 8) continue
        bits -= 8
        const byte = (value >> bits) & 255
        if (byte > 127) odd++
        bytes.push(byte)
        if (bytes.length === 16 && odd > 4) break
      }
      const text = odd * 4 > bytes.length ? null : textOfBytes(Uint8Array.from(bytes))
      if (text !== null) texts.push(text)
    }
  }
  return texts
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const BASE58_FLICKR = '123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'
/** The longest base58 that is decoded: its work grows with the square of its length. */
export const LONGEST_BASE58 = 512

/** What base58 units stand for (both orders of the alphabet that are in use). */
export function base58Texts(units: string): string[] {
  if (units.length > LONGEST_BASE58) return []
  return [BASE58, BASE58_FLICKR].flatMap((alphabet) => {
    const bytes = baseBytes(units, alphabet)
    const text = bytes === null ? null : textOfBytes(bytes)
    return text === null ? [] : [text]
  })
}

function baseBytes(units: string, alphabet: string): Uint8Array | null {
  const words: number[] = []
  for (let i = 0; i < units.length; i++) {
    let carry = alphabet.indexOf(units.charAt(i))
    if (carry < 0) return null
    for (let j = 0; j < words.length; j++) {
      carry += (words[j] ?? 0) * 58
      words[j] = carry & 0xffff
      carry = Math.floor(carry / 0x10000)
    }
    while (carry > 0) {
      words.push(carry & 0xffff)
      carry = Math.floor(carry / 0x10000)
    }
  }
  const bytes: number[] = []
  for (const word of words) bytes.push(word & 255, word >> 8)
  while (bytes.at(-1) === 0) bytes.pop()
  return Uint8Array.from(bytes.reverse())
}

/** What a list of numbers stands for, as bytes: decimal, hex with or without `0x`; null where it is none. */
export function listTexts(text: string): string[] {
  // `0x` also ends the number before it: `0x670x68`.
  const words =
    text.match(
      /0[xX][0-9a-fA-F]{1,2}(?=0[xX]|[^0-9a-fA-FxX]|$)|(?:0[xX])?[0-9a-fA-F]+?(?=0[xX]|[^0-9a-fA-F]|$)/g,
    ) ?? []
  if (words.length < FEWEST_BYTES) return []
  const texts: string[] = []
  const decimal = words.map((word) => (/^\d{1,3}$/.test(word) ? Number(word) : 256))
  const hex = words.map((word) =>
    /^(?:0[xX])?[0-9a-fA-F]{1,2}$/.test(word)
      ? Number.parseInt(word.replace(/^0[xX]/, ''), 16)
      : 256,
  )
  const octal = words.map((word) =>
    /^[0-3]?[0-7]{2}$/.test(word) ? Number.parseInt(word, 8) : 256,
  )
  for (const numbers of [decimal, hex, octal]) {
    for (const part of partsBelow256(numbers)) {
      const one = textOfBytes(Uint8Array.from(part))
      if (one !== null) texts.push(one)
    }
  }
  return texts
}

function partsBelow256(numbers: readonly number[]): number[][] {
  const parts: number[][] = []
  let part: number[] = []
  for (const number of numbers) {
    if (number < 256) part.push(number)
    else {
      if (part.length >= FEWEST_BYTES) parts.push(part)
      part = []
    }
  }
  if (part.length >= FEWEST_BYTES) parts.push(part)
  return parts
}
