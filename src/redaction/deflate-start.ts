/** How many symbols of a first block are looked at. */
const SYMBOLS = 6

/**
 * True where bytes may be a raw deflate stream of text (RFC 1951): a last block with fixed codes whose first symbols are
 * characters, or one with codes of its own whose lengths fit. Of random bytes one in some hundred passes.
 */
export function mayBeDeflate(bytes: Uint8Array): boolean {
  const bits = new Bits(bytes)
  const last = bits.take(1)
  const type = bits.take(2)
  if (type === 1) return beginsWithText(bits)
  return type === 2 && last === 1 && hasCodes(bits)
}

/** 3.2.6: a character below 144 has eight bits, from 00110000 on. */
function beginsWithText(bits: Bits): boolean {
  let high = false
  for (let i = 0; i < SYMBOLS; i++) {
    let code = 0
    for (let bit = 0; bit < 7; bit++) code = (code << 1) | bits.take(1)
    // A match of what came before, or the end.
    if (code < 0b0011000) return i > 2
    code = (code << 1) | bits.take(1)
    if (code > 0b11000111) {
      // Nine bits, from 110010000 on: bytes of UTF-8 beyond ASCII, the first of which is a head.
      const byte = ((code << 1) | bits.take(1)) - 0b110010000 + 144
      if (!high && byte < 0xc2) return false
      high = true
      continue
    }
    if (code > 0b10111111) return false
    high = false
    const character = code - 0b00110000
    if (character < 9 || (character > 13 && character < 32) || character === 127) return false
  }
  return true
}

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** 3.2.7: counts in their range, and lengths of the code of codes that use up all of it. */
function hasCodes(bits: Bits): boolean {
  const literals = bits.take(5)
  const distances = bits.take(5)
  if (literals > 29 || distances > 29) return false
  const count = bits.take(4) + 4
  let used = 0
  for (let i = 0; i < Math.min(count, ORDER.length); i++) {
    const length = bits.take(3)
    if (length > 0) used += 128 >> length
  }
  return used === 128
}

class Bits {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  take(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++, this.#at++) {
      value |= (((this.#bytes[this.#at >> 3] ?? 0) >> (this.#at & 7)) & 1) << i
    }
    return value
  }
}
