import { Buffer } from 'node:buffer'
import { isAsciiText } from './byte-text.ts'
import { escapesIn } from './escape-places.ts'

/** Shorter ones may be words by chance. */
const SHORTEST = 16
/** So many escapes are left over by chance nowhere. */
const FEWEST_ESCAPES = 8

/**
 * True for a text that as a whole is encoded once more: base64 or hex of text, or what base64 of compressed data begins with. Asked
 * of what was decoded as often as it ever is: it is withheld, since nobody looked into it.
 */
export function isEncodedAgain(text: string): boolean {
  const whole = text.trim().replaceAll(/[\r\n]+/g, '')
  if (whole.length < SHORTEST) return false
  if (/^(?:[0-9a-f]{2})+$/i.test(whole)) return isText(Buffer.from(whole, 'hex'))
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(whole)) return false
  return isText(Buffer.from(whole, 'base64')) || SIGN.test(whole)
}

/** True for a text of which escapes are left that nobody decoded. */
export function isEscapedAgain(text: string): boolean {
  return escapesIn(text, false).plain.length >= FEWEST_ESCAPES
}

/** What is shorter is seen whole by one of two parts that overlap. */
const SHORTEST_PARTED = 8_192
const SIGN = /^(?:H4sI|KLUv|e(?:J[w-z]|N[o-r]|A[E-H]|F[4-7]))/

/** True where a place parts a long run of base64 that begins with what gzip, zlib or zstd made: neither half can be read. */
export function partsCompressed(text: string, place: number): boolean {
  let start = place
  while (start > 0 && /[A-Za-z0-9+/_\r\n-]/.test(text.charAt(start - 1))) start--
  if (place - start < SHORTEST_PARTED || !/[A-Za-z0-9+/_\r\n-]/.test(text.charAt(place)))
    return false
  return SIGN.test(text.slice(start, start + 64).trimStart())
}

function isText(bytes: Buffer): boolean {
  return bytes.every(isAsciiText)
}
