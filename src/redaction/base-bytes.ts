import { digitsOf, NO_DIGIT } from './digits.ts'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE32_HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const BASE58_FLICKR = '123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'

/** So many bytes say whether the rest is worth its work. */
const HEAD = 20

/**
 * The bytes of base32 in capitals (RFC 4648, both alphabets), for each of the eight places where a group may begin, up to the
 * first unit that is none. Those whose first bytes do not pass are left out.
 */
export function base32Bytes(units: string, passes: (head: Uint8Array) => boolean): Uint8Array[] {
  const found: Uint8Array[] = []
  for (const digits of [digitsOf(BASE32), digitsOf(BASE32_HEX)]) {
    for (let phase = 0; phase < 8; phase++) {
      const bytes = new Uint8Array(Math.ceil((units.length * 5) / 8))
      let count = 0
      let held = 0
      let bits = 0
      for (let i = phase; i < units.length; i++) {
        const digit = digits[units.charCodeAt(i) & 127] ?? NO_DIGIT
        if (digit === NO_DIGIT) break
        held = ((held << 5) | digit) & 0xfff
        bits += 5
        if (bits < 8) continue
        bits -= 8
        bytes[count++] = (held >> bits) & 255
        if (count === HEAD && !passes(bytes.subarray(0, HEAD))) {
          count = 0
          break
        }
      }
      if (count >= 8 && (count >= HEAD || passes(bytes.subarray(0, count)))) {
        found.push(bytes.subarray(0, count))
      }
    }
  }
  return found
}

/** So many units in a row decode to ASCII: eight characters have them. */
const FEWEST_UNITS = 12

/** By place of eight: the bit of a unit that begins a byte, which ASCII does not have; 0 where none does. */
const FIRST_BITS = [16, 2, 0, 8, 1, 0, 4, 0]

/** True where base32 units in capitals stand for ASCII text somewhere, in one of the two alphabets. */
export function mayBeAscii(units: string): boolean {
  for (const digits of [digitsOf(BASE32), digitsOf(BASE32_HEX)]) {
    for (let phase = 0; phase < 8; phase++) {
      for (let i = phase, count = 0; i < units.length; i++) {
        const digit = digits[units.charCodeAt(i) & 127] ?? NO_DIGIT
        const fit = digit !== NO_DIGIT && (digit & (FIRST_BITS[(i - phase) & 7] ?? 0)) === 0
        count = fit ? count + 1 : 0
        if (count >= FEWEST_UNITS) return true
      }
    }
  }
  return false
}

const LIMB = 2 ** 24

/** The bytes of base58, in both orders of its alphabet; none where a unit is not of it. */
export function base58Bytes(units: string): Uint8Array[] {
  return [BASE58, BASE58_FLICKR].flatMap((alphabet) => {
    const bytes = numberBytes(units, digitsOf(alphabet))
    return bytes === null ? [] : [bytes]
  })
}

function numberBytes(units: string, digits: Uint8Array): Uint8Array | null {
  const limbs: number[] = []
  for (let i = 0; i < units.length; ) {
    // Four digits at once: the products stay far below 2^53.
    let carry = 0
    let factor = 1
    for (let n = 0; n < 4 && i < units.length; n++, i++) {
      const digit = digits[units.charCodeAt(i) & 127] ?? NO_DIGIT
      if (digit === NO_DIGIT) return null
      carry = carry * 58 + digit
      factor *= 58
    }
    for (let j = 0; j < limbs.length; j++) {
      carry += (limbs[j] ?? 0) * factor
      limbs[j] = carry % LIMB
      carry = Math.floor(carry / LIMB)
    }
    if (carry > 0) limbs.push(carry)
  }
  const bytes: number[] = []
  for (const limb of limbs) bytes.push(limb & 255, (limb >> 8) & 255, limb >> 16)
  while (bytes.at(-1) === 0) bytes.pop()
  return Uint8Array.from(bytes.reverse())
}
