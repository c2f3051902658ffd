import { digitsOf, NO_DIGIT } from './digits.ts'
import { rotatedUnit } from './turns.ts'

/** Five units are four bytes. */
export const GROUP = 5

/** Adobe's alphabet. */
export const ADOBE = digitsOf(
  Array.from({ length: 85 }, (_, i) => String.fromCharCode(33 + i)).join(''),
)
/** ZeroMQ's (RFC 32 of ZeroMQ). */
export const Z85 = digitsOf(
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#',
)
/** Adobe's after ROT13. */
export const ROTATED = ADOBE.map((_, unit) => ADOBE[rotatedUnit(unit)] ?? NO_DIGIT)

/** The digits of units, with `NO_DIGIT` for what is none. */
export function digitsFrom(
  units: Uint16Array,
  first: number,
  last: number,
  digits: Uint8Array,
): Uint8Array {
  const own = new Uint8Array(last - first)
  for (let i = 0; i < own.length; i++) own[i] = digits[(units[first + i] ?? 0) & 127] ?? NO_DIGIT
  return own
}

/** The four bytes of five digits as a number; -1 where they are none. */
export function groupOf(a: number, b: number, c: number, d: number, e: number): number {
  // No digit is as large as the highest bit of NO_DIGIT.
  if (((a | b | c | d | e) & 0x80) !== 0) return -1
  const group = ((a * 85 + b) * 85 + c) * 7_225 + d * 85 + e
  return group < 2 ** 32 ? group : -1
}

/**
 * Decodes from a place on into room that is there, and gives how many bytes that are: of whole groups, of which one that is none is
 * four NULs, and of the units that are left over.
 */
export function bytesOf(digits: Uint8Array, first: number, into: Uint8Array): number {
  let length = 0
  let at = first
  for (; at + GROUP <= digits.length; at += GROUP) {
    const group = groupOf(
      digits[at] ?? NO_DIGIT,
      digits[at + 1] ?? NO_DIGIT,
      digits[at + 2] ?? NO_DIGIT,
      digits[at + 3] ?? NO_DIGIT,
      digits[at + 4] ?? NO_DIGIT,
    )
    const bits = group < 0 ? 0 : group | 0
    into[length++] = bits >>> 24
    into[length++] = bits >>> 16
    into[length++] = bits >>> 8
    into[length++] = bits
  }
  const rest = digits.length - at
  if (rest < 2) return length
  let group = 0
  for (let i = 0; i < GROUP; i++) group = group * 85 + (i < rest ? (digits[at + i] ?? 0) : 84)
  for (let i = 0; i < rest - 1; i++) into[length++] = Math.floor(group / 256 ** (3 - i)) % 256
  return length
}
