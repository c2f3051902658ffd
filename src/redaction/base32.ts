import { ByteRoom } from './byte-room.ts'
import { digitsOf, NO_DIGIT } from './digits.ts'
import { rotatedUnit } from './turns.ts'

const BASE32 = digitsOf('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')
const BASE32_HEX = digitsOf('0123456789ABCDEFGHIJKLMNOPQRSTUV')

/** By unit of either case: its digit in an alphabet; where that is asked, after ROT13. */
function eitherCase(digits: Uint8Array, isRotated: boolean): Uint8Array {
  return digits.map((_, unit) => {
    const plain = isRotated ? rotatedUnit(unit) : unit
    return digits[plain >= 97 && plain <= 122 ? plain - 32 : plain] ?? NO_DIGIT
  })
}

/** Both alphabets (RFC 4648, sections 6 and 7), as they are and in ROT13. */
const ALPHABETS: readonly Uint8Array[] = [BASE32, BASE32_HEX].flatMap((digits) => [
  eitherCase(digits, false),
  eitherCase(digits, true),
])

/** So many bytes say whether the rest is worth its work. */
const HEAD = 20
/** Fewer hold no part of a value. */
const FEWEST = 8

const digitRoom = new ByteRoom()
const byteRoom = new ByteRoom()

/**
 * Calls `visit` with the bytes of base32 in either case, in each order and alphabet, wherever a group may begin, up to the first unit
 * that is none. INVARIANT: the bytes are there during the call only.
 *
 * @param all true where bytes that are not ASCII are looked for too.
 * @param isText says from the first bytes whether the rest is worth its work.
 */
export function forEachBase32(
  units: Uint16Array,
  all: boolean,
  isText: (head: Uint8Array) => boolean,
  visit: (bytes: Uint8Array) => void,
): void {
  const { length } = units
  const digits = digitRoom.of(length)
  for (const alphabet of ALPHABETS) {
    for (const backwards of [false, true]) {
      for (let i = 0; i < length; i++) {
        const unit = units[backwards ? length - 1 - i : i] ?? 0
        digits[i] = alphabet[unit & 127] ?? NO_DIGIT
      }
      const phases = all ? ALL_PHASES : asciiPhases(digits, length)
      for (let phase = 0; phase < 8; phase++) {
        if ((phases & (1 << phase)) === 0) continue
        const bytes = bytesFrom(digits, phase, length, isText)
        if (bytes !== null) visit(bytes)
      }
    }
  }
}

function bytesFrom(
  digits: Uint8Array,
  phase: number,
  length: number,
  isText: (head: Uint8Array) => boolean,
): Uint8Array | null {
  const bytes = byteRoom.of(Math.ceil((length * 5) / 8))
  let count = 0
  let held = 0
  let bits = 0
  for (let i = phase; i < length; i++) {
    const digit = digits[i] ?? NO_DIGIT
    if (digit === NO_DIGIT) break
    held = ((held << 5) | digit) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[count++] = (held >> bits) & 255
    if (count === HEAD && !isText(bytes.subarray(0, HEAD))) return null
  }
  if (count < FEWEST) return null
  const whole = bytes.subarray(0, count)
  return count >= HEAD || isText(whole) ? whole : null
}

/** By place of eight: the bit of a unit that begins a byte, which ASCII does not have; 0 where none does. */
const FIRST_BITS = [16, 2, 0, 8, 1, 0, 4, 0]

/**
 * By place of eight and digit: which of eight counters of four bits go on. Counter p is of groups that begin at places p, p + 8, ...
 */
const kept = Int32Array.from({ length: 8 * 32 }, (_, key) => {
  const [place, digit] = [key >> 5, key & 31]
  let mask = 0
  for (let p = 0; p < 8; p++) {
    if ((digit & (FIRST_BITS[(place - p) & 7] ?? 0)) === 0) mask |= 15 << (p * 4)
  }
  return mask
})

/** One in each counter. */
const EACH = 0x11111111

const ALL_PHASES = 0xff

/** Of which of the eight places a group may begin, as bits, if twelve units in a row are ASCII text: eight characters have so many. */
function asciiPhases(digits: Uint8Array, length: number): number {
  let counters = 0
  let phases = 0
  for (let i = 0; i < length; i++) {
    const digit = digits[i] ?? NO_DIGIT
    if (digit === NO_DIGIT) {
      counters = 0
      continue
    }
    counters = (counters + EACH) & (kept[((i & 7) << 5) | digit] ?? 0)
    // Both high bits of some counter, which then begins anew, so that it does not run into its neighbour.
    const enough = counters & (counters << 1) & 0x88888888
    if (enough === 0) continue
    for (let p = 0; p < 8; p++) if ((enough & (8 << (p * 4))) !== 0) phases |= 1 << p
    counters &= ~(enough | (enough >>> 1))
  }
  return phases
}
