import type { Buffer } from 'node:buffer'
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  zstdDecompressSync,
} from 'node:zlib'
import { compressionAt } from './compression.ts'
import { mayBeDeflate } from './deflate-start.ts'
import { TooMuch } from './too-much.ts'

/** A compressed text may hold at most this many bytes; one that holds more withholds the message. */
const LONGEST_INFLATED = 4_000_000

/** Compressed bytes that are shorter hold no part of a value. */
const SHORTEST = 12

/** So many attempts are free for one text; what fails is let go of only later, with some 17 kB each. */
const FREE_ATTEMPTS = 4_096
/** Log lines full of digests look compressed not half as often as once in so many units. */
const UNITS_PER_ATTEMPT = 500

let attemptsLeft = Number.POSITIVE_INFINITY

/** Limits how much is tried in the search of one text of that length: `work`. */
export function withAttempts<T>(length: number, work: () => T): T {
  attemptsLeft = FREE_ATTEMPTS + length / UNITS_PER_ATTEMPT
  try {
    return work()
  } finally {
    attemptsLeft = Number.POSITIVE_INFINITY
  }
}

/** As far as it goes: what was cut off, or has other bytes after it, shows what it holds all the same. */
const partly = { maxOutputLength: LONGEST_INFLATED, finishFlush: constants.Z_SYNC_FLUSH }
const zstdPartly = { maxOutputLength: LONGEST_INFLATED, finishFlush: constants.ZSTD_e_flush }
const brotliPartly = {
  maxOutputLength: LONGEST_INFLATED,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
}

/**
 * What gzip, zlib or zstd made that stands anywhere in these bytes, and what raw deflate or Brotli made, which have no sign of
 * their own, of all of them.
 *
 * @param all false where the bytes were taken out of others, so that nothing is known of their start.
 * @throws TooMuch where it holds more than is ever searched, or too much in the text looks compressed.
 */
export function inflatedIn(bytes: Buffer, all: boolean): Buffer[] {
  const found: Buffer[] = []
  const last = bytes.length - SHORTEST
  for (let at = 0; at <= last; at++) {
    const inner = inflatedAt(bytes, at)
    if (inner !== null) found.push(inner)
  }
  return all ? [...found, ...inflatedWhole(bytes)] : found
}

/** What raw deflate or Brotli made of which these bytes are all. @throws TooMuch as `inflatedIn`. */
export function inflatedWhole(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  if (bytes.length < SHORTEST) return found
  if (mayBeDeflate(bytes)) {
    const raw = attempt(() => inflateRawSync(bytes, partly))
    if (raw !== null) found.push(raw)
  }
  if (mayBeBrotli(bytes)) {
    const raw = attempt(() => brotliDecompressSync(bytes, brotliPartly))
    if (raw !== null) found.push(raw)
  }
  return found
}

/** What gzip, zlib or zstd made and begins at a place; null where nothing of theirs does. */
function inflatedAt(bytes: Buffer, at: number): Buffer | null {
  switch (compressionAt(bytes, at)) {
    case 'gzip': {
      // Without the check at the end, which a byte beside it would break; with more than the shortest head it is left to zlib.
      const part = bytes.subarray(at)
      return part[3] === 0
        ? attempt(() => inflateRawSync(part.subarray(10), partly))
        : attempt(() => gunzipSync(part, partly))
    }
    case 'zlib':
      return attempt(() => inflateRawSync(bytes.subarray(at + 2), partly))
    case 'zstd':
      return attempt(() => zstdDecompressSync(bytes.subarray(at), zstdPartly))
    case null:
      return null
  }
}

function attempt(work: () => Buffer): Buffer | null {
  if (--attemptsLeft < 0) throw new TooMuch('too much looks compressed')
  // A stack for each error takes most of the time.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    const inner = work()
    return inner.length === 0 ? null : inner
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new TooMuch('a compressed text holds too much')
    return null
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** True where bytes may begin what raw deflate or Brotli made. */
export function mayBeUnsigned(bytes: Uint8Array, length: number): boolean {
  return length >= SHORTEST && (mayBeDeflate(bytes) || mayBeBrotli(bytes, length))
}

/** A compressed text is hardly ever shorter than one in so many. */
const BEST_RATIO = 100
/** A text below this has one type of blocks each. */
const SIMPLE = 4_096

/**
 * A window size in use, one metablock that is not empty, a length that the bytes can give, and for a short text the simplest of
 * block types, as encoders write it (RFC 7932, 9.1 and 9.2).
 */
function mayBeBrotli(bytes: Uint8Array, size = bytes.length): boolean {
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
  const bitsFrom = (bit: number) =>
    ((bytes[bit >> 3] ?? 0) |
      ((bytes[(bit >> 3) + 1] ?? 0) << 8) |
      ((bytes[(bit >> 3) + 2] ?? 0) << 16)) >>
    (bit & 7)
  const length = (bitsFrom(at) & 0xffff) + 1
  if (nibbles > 4) return size * BEST_RATIO > 0x10000
  if (length > size * BEST_RATIO) return false
  if (length >= SIMPLE) return true
  at += 16
  if (last === 0) {
    // As it is: what it holds is seen without decoding.
    if ((bitsFrom(at) & 1) === 1) return false
    at++
  }
  return (bitsFrom(at) & 7) === 0
}
