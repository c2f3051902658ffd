import { Buffer } from 'node:buffer'
import { escapesIn } from './unescape.ts'

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
  return isText(Buffer.from(whole, 'base64')) || startsCompressed(whole)
}

/** True for a text of which escapes are left that nobody decoded. */
export function isEscapedAgain(text: string): boolean {
  return escapesIn(text).plain.length >= FEWEST_ESCAPES
}

/** True where a word begins with what gzip, zlib or zstd made, in base64: cut in two, neither half can be read. */
export function startsCompressed(word: string): boolean {
  return /(?:^|[^A-Za-z0-9+/_-])(?:H4sI|KLUv|e(?:J[w-z]|N[o-r]|A[E-H]|F[4-7])[A-Za-z0-9+/_-]{8})/.test(
    word,
  )
}

function isText(bytes: Buffer): boolean {
  return bytes.every((byte) => (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13))
}
