import { isAsciiText, sequenceSize } from './byte-text.ts'
import { compressionAt } from './compression.ts'

/** Somewhere eight characters in a row are text, in UTF-8 or UTF-16. */
export const HAS_TEXT = 1
/** Somewhere stands what gzip, zlib or zstd begin with. */
export const HAS_COMPRESSED = 2

const FEWEST = 8

/** By byte: 1 for ASCII text, 2 for what may begin a character beyond it, 4 for the first byte of compressed data. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x1f) return 4
  if (byte < 0x80) {
    const text = isAsciiText(byte) ? 1 : 0
    return byte === 0x78 || byte === 0x28 ? text | 4 : text
  }
  return byte >= 0xc2 && byte < 0xf5 ? 2 : 0
})

/** What the first `length` bytes have; one pass, and most bytes have nothing. `known` as in `textsInAll`. */
export function probed(bytes: Uint8Array, length: number, known: Uint8Array): number {
  let found = 0
  let narrow = 0
  let [little, big, littleOdd, bigOdd] = [0, 0, 0, 0]
  let before = 0
  /** Until where the bytes are of a character that was counted. */
  let counted = 0
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] ?? 0
    const kind = kinds[byte] ?? 0
    if (at >= counted) {
      if ((kind & 1) !== 0) narrow++
      else if (kind === 2) {
        const size = letterSize(bytes, at, length, known)
        narrow = size === 0 ? 0 : narrow + 1
        counted = at + size
      } else narrow = 0
      if (narrow >= FEWEST) found |= HAS_TEXT
    }
    if ((kind & 4) !== 0 && compressionAt(bytes, at) !== null) found |= HAS_COMPRESSED
    // Wide characters at even and at odd places, in either order.
    if ((at & 1) !== 0) {
      little = known[before | (byte << 8)] === 1 ? little + 1 : 0
      big = known[(before << 8) | byte] === 1 ? big + 1 : 0
      if (little >= FEWEST || big >= FEWEST) found |= HAS_TEXT
    } else {
      littleOdd = known[before | (byte << 8)] === 1 ? littleOdd + 1 : 0
      bigOdd = known[(before << 8) | byte] === 1 ? bigOdd + 1 : 0
      if (littleOdd >= FEWEST || bigOdd >= FEWEST) found |= HAS_TEXT
    }
    before = byte
  }
  return found
}

/** How many of the first `length` bytes a character beyond ASCII at a place has; 0 where none is there that counts as text. */
export function letterSize(
  bytes: Uint8Array,
  at: number,
  length: number,
  known: Uint8Array,
): number {
  const size = sequenceSize(bytes, at)
  return at + size <= length && isKnown(bytes, at, size, known) ? size : 0
}

function isKnown(bytes: Uint8Array, at: number, size: number, known: Uint8Array): boolean {
  const first = bytes[at] ?? 0
  const second = (bytes[at + 1] ?? 0) & 0x3f
  const third = (bytes[at + 2] ?? 0) & 0x3f
  if (size === 2) return known[((first & 0x1f) << 6) | second] === 1
  if (size === 3) return known[((first & 0x0f) << 12) | (second << 6) | third] === 1
  return size > 0
}
