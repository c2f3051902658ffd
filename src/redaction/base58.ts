import { ByteRoom } from './byte-room.ts'
import { digitsOf, NO_DIGIT } from './digits.ts'
import { rotatedUnit } from './turns.ts'

const BITCOIN = digitsOf('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz')
const FLICKR = digitsOf('123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ')

/** Both orders of the alphabet, as they are and in ROT13. */
const ALPHABETS: readonly Uint8Array[] = [BITCOIN, FLICKR].flatMap((digits) => [
  digits,
  digits.map((_, unit) => digits[rotatedUnit(unit)] ?? NO_DIGIT),
])

/** The longest number that is decoded, in units: its work grows with the square of its length. */
const LONGEST = 4_096
const LIMB = 2 ** 24

const limbs = new Float64Array(Math.ceil((LONGEST * Math.log2(58)) / 24) + 1)
const room = new ByteRoom()

/**
 * Calls `visit` with the bytes of base58 in each order and alphabet; not where a unit is of none, or they are too many. INVARIANT: the
 * bytes are there during the call only.
 */
export function forEachBase58(units: Uint16Array, visit: (bytes: Uint8Array) => void): void {
  if (units.length > LONGEST) return
  for (const digits of ALPHABETS) {
    if (!areDigits(units, digits)) continue
    visit(numberBytes(units, digits, false))
    visit(numberBytes(units, digits, true))
  }
}

function areDigits(units: Uint16Array, digits: Uint8Array): boolean {
  for (let i = 0; i < units.length; i++) {
    if (digits[(units[i] ?? 0) & 127] === NO_DIGIT) return false
  }
  return true
}

function numberBytes(units: Uint16Array, digits: Uint8Array, backwards: boolean): Uint8Array {
  const { length } = units
  let size = 0
  for (let i = 0; i < length; ) {
    // Four digits at once: the products stay far below 2^53.
    let carry = 0
    let factor = 1
    for (let n = 0; n < 4 && i < length; n++, i++) {
      const unit = units[backwards ? length - 1 - i : i] ?? 0
      carry = carry * 58 + (digits[unit & 127] ?? 0)
      factor *= 58
    }
    for (let j = 0; j < size; j++) {
      carry += (limbs[j] ?? 0) * factor
      const high = Math.floor(carry / LIMB)
      limbs[j] = carry - high * LIMB
      carry = high
    }
    if (carry > 0) limbs[size++] = carry
  }
  const bytes = room.of(size * 3)
  let count = 0
  for (let j = size - 1; j >= 0; j--) {
    const limb = limbs[j] ?? 0
    for (const byte of [limb >> 16, (limb >> 8) & 255, limb & 255]) {
      if (count > 0 || byte > 0) bytes[count++] = byte
    }
  }
  return bytes.subarray(0, count)
}
