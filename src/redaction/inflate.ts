import type { Buffer } from 'node:buffer'
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'

/** A compressed text may hold at most this many bytes; one that holds more withholds the message. */
const LONGEST_INFLATED = 4_000_000

/** Compressed bytes that are shorter hold no part of a value. */
const SHORTEST = 12

export type Inflated = { readonly bytes: Buffer } | 'too long' | null

/** What gzip, zlib, zstd, brotli or raw deflate made into these bytes; null where they did not. */
export function inflated(bytes: Buffer): Inflated {
  if (bytes.length < SHORTEST) return null
  const options = { maxOutputLength: LONGEST_INFLATED, finishFlush: constants.Z_SYNC_FLUSH }
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  if (a === 0x1f && b === 0x8b) return attempt(() => gunzipSync(bytes, options))
  if ((a & 15) === 8 && ((a << 8) | b) % 31 === 0) return attempt(() => inflateSync(bytes, options))
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) {
    return attempt(() => zstdDecompressSync(bytes, { maxOutputLength: LONGEST_INFLATED }))
  }
  // INVARIANT: these have no magic; most bytes that are not theirs fail within the first few.
  if (mayBeDeflate(a)) {
    const raw = attempt(() => inflateRawSync(bytes, { maxOutputLength: LONGEST_INFLATED }))
    if (raw !== null) return raw
  }
  return mayBeBrotli(bytes)
    ? attempt(() => brotliDecompressSync(bytes, { maxOutputLength: LONGEST_INFLATED }))
    : null
}

function attempt(work: () => Buffer): Inflated {
  try {
    return { bytes: work() }
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null
    return code === 'ERR_BUFFER_TOO_LARGE' ? 'too long' : null
  }
}

/** A last block, and one that is coded: what a short text is. */
function mayBeDeflate(first: number): boolean {
  return (first & 7) === 3 || (first & 7) === 5
}

/** A window size in use, one metablock that is not empty, and a length that the bytes can give (RFC 7932, 9.1 and 9.2). */
function mayBeBrotli(bytes: Buffer): boolean {
  const head = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16)
  let at: number
  if ((head & 1) === 0) at = 1
  else if (((head >> 1) & 7) !== 0) at = 4
  else at = 7
  const last = (head >> at) & 1
  at++
  if (last === 1) {
    if (((head >> at) & 1) === 1) return false
    at++
  }
  const nibbles = ((head >> at) & 3) + 4
  if (nibbles === 7) return false
  at += 2
  const low = (head | ((bytes[3] ?? 0) << 24)) >>> at
  const length = (low & (2 ** Math.min(nibbles * 4, 16) - 1)) + 1
  return nibbles > 4 || length <= bytes.length * 200
}
