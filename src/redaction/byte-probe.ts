import { isAsciiText, sequenceSize } from './byte-text.ts'
import { compressionAt } from './compression.ts'
import type { KnownUnits } from './known-units.ts'

/** Somewhere eight characters in a row are text, in UTF-8 or UTF-16. */
export const HAS_TEXT = 1
/** Somewhere stands what gzip, zlib or zstd begin with. */
export const HAS_COMPRESSED = 2

const FEWEST = 8

/** Classes of bytes, as bits: ASCII text, what may begin a character beyond it, what may begin compressed data. */
const ASCII = 1
const HEAD = 2
const SIGN = 4

const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x1f) return SIGN
  if (byte >= 0x80) return byte >= 0xc2 && byte < 0xf5 ? HEAD : 0
  const text = isAsciiText(byte) ? ASCII : 0
  return byte === 0x78 || byte === 0x28 ? text | SIGN : text
})

/** What the first `length` bytes have; one pass, and most bytes have nothing. */
export function probed(bytes: Uint8Array, length: number, known: KnownUnits): number {
  const { highBytes } = known
  let found = 0
  let narrow = 0
  // High bytes of wide characters in a row, at this parity of places and at the other.
  let wide = 0
  let otherWide = 0
  let mayBeWide = false
  /** Until where the bytes are of a character that was counted. */
  let counted = 0
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] ?? 0
    const kind = kinds[byte] ?? 0
    if (at >= counted) {
      if ((kind & HEAD) === 0) narrow = (narrow + 1) & -(kind & ASCII)
      else {
        const size = letterSize(bytes, at, length, known)
        narrow = size === 0 ? 0 : narrow + 1
        counted = at + size
      }
      if (narrow >= FEWEST) found |= HAS_TEXT
    }
    if ((kind & SIGN) !== 0 && compressionAt(bytes, at) !== null) found |= HAS_COMPRESSED
    const before = otherWide
    otherWide = (wide + 1) & -(highBytes[byte] ?? 0)
    wide = before
    if (otherWide >= FEWEST) mayBeWide = true
  }
  return mayBeWide && (found & HAS_TEXT) === 0 && hasWide(bytes, length, known)
    ? found | HAS_TEXT
    : found
}

/** True where wide characters stand in a row, at even or at odd places, in either order of their bytes. */
function hasWide(bytes: Uint8Array, length: number, { units }: KnownUnits): boolean {
  for (const first of [0, 1]) {
    let little = 0
    let big = 0
    for (let at = first; at + 1 < length; at += 2) {
      const a = bytes[at] ?? 0
      const b = bytes[at + 1] ?? 0
      little = units[a | (b << 8)] === 1 ? little + 1 : 0
      big = units[(a << 8) | b] === 1 ? big + 1 : 0
      if (little >= FEWEST || big >= FEWEST) return true
    }
  }
  return false
}

/** How many of the first `length` bytes a character beyond ASCII at a place has; 0 where none is there that counts as text. */
export function letterSize(
  bytes: Uint8Array,
  at: number,
  length: number,
  known: KnownUnits,
): number {
  const size = sequenceSize(bytes, at)
  return at + size <= length && isKnown(bytes, at, size, known) ? size : 0
}

function isKnown(bytes: Uint8Array, at: number, size: number, { units }: KnownUnits): boolean {
  const first = bytes[at] ?? 0
  const second = (bytes[at + 1] ?? 0) & 0x3f
  const third = (bytes[at + 2] ?? 0) & 0x3f
  if (size === 2) return units[((first & 0x1f) << 6) | second] === 1
  if (size === 3) return units[((first & 0x0f) << 12) | (second << 6) | third] === 1
  return size > 0
}
