import { digitsOf, NO_DIGIT } from './digits.ts'
import { rotatedUnit } from './turns.ts'
import { isDigit, isHexUnit, isLetter } from './unit-kinds.ts'

/** What a run of base64 units has, seen in one pass: it says which decoders are worth their work. */
export interface RunSurvey {
  /** Which of `FORWARD`, `REVERSED`, `ROTATED` and `BOTH` decode to ASCII text somewhere. */
  readonly evidence: number
  /** Which of them do so over half of its length or more. */
  readonly strong: number
  /** It has ends of line in it. */
  readonly wrapped: boolean
  readonly dashes: boolean
  /** Letters of both cases and digits, mixed: bytes at random, not words. */
  readonly random: boolean
  /** Which stretches of letters and digits there may be, as bits. */
  readonly stretches: number
}

/** Base64 of ASCII text, the same reversed, the same in ROT13, and both. */
export const FORWARD = 1
export const REVERSED = 2
export const ROTATED = 4
export const BOTH = 8

/** There may be sixteen hex digits in a row, or what ROT13 makes of them. */
export const HEX_STRETCH = 1
export const ROTATED_STRETCH = 2
/** There may be thirteen letters of one case and digits in a row. */
export const ONE_CASE_STRETCH = 4
/** There may be thirteen letters and digits in a row, letters of both cases among them. */
export const MIXED_STRETCH = 8

/** Shorter stretches hold no part of a value in hex, and in base32 or base58. */
export const SHORTEST_HEX = 16
export const SHORTEST_STRETCH = 13
/** Bytes at random are not known as such by fewer units, ... */
const SHORTEST_RANDOM = 16
/** ... and of theirs fewer than so many in a hundred are lower-case letters after one (in names and words most are), ... */
const LETTER_PAIRS = 40
/** ... or so many are of another kind than the one before. */
const CHANGES = 42
/** With digits and signs that names do not have there may be so many pairs. */
const SIGNED_PAIRS = 50
/** A date has so many dashes, and more digits in a hundred units than any encoding with dashes. */
const DATE_DASHES = 2
const DATE_DIGITS = 60

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** By code unit: its six bits, or `NO_DIGIT`. */
export const sextets = Uint8Array.from(digitsOf(ALPHABET))
sextets[0x2d] = 62
sextets[0x5f] = 63

/**
 * By sextet: bit r is set where it may stand at place r of four, if the bytes are ASCII: the first bit of each byte is in a place
 * of its own.
 */
const fits = Uint8Array.from({ length: 64 }, (_, sextet) => {
  const first = sextet < 32 ? 1 : 0
  const second = (sextet & 8) === 0 ? 2 : 0
  const third = (sextet & 2) === 0 ? 4 : 0
  return first | second | third | 8
})

/** So many units that decode to ASCII text are decoded and searched. */
export const FEWEST_UNITS = 16
/** Counts in four counters of eight bits. */
export const EACH = 0x01010101
/** INVARIANT: the bit of `FEWEST_UNITS` in each counter. */
export const ENOUGH = EACH * FEWEST_UNITS

/** By code unit: the places of four where it fits (`fits`), and above them those of its ROT13. */
export const unitFits = Uint8Array.from({ length: 128 }, (_, unit) => {
  const of = (one: number) => fits[sextets[one] ?? NO_DIGIT] ?? 0
  return of(unit) | (of(rotatedUnit(unit)) << 4)
})

/** By turn and fit: which of the four counters go on. Counter p is of groups that begin at places p, p + 4, ... */
export const kept = Int32Array.from({ length: 64 }, (_, key) => {
  const turn = key >> 4
  let mask = 0
  for (let p = 0; p < 4; p++) {
    if ((key & 15 & (1 << ((turn - p) & 3))) !== 0) mask |= 0xff << (p * 8)
  }
  return mask
})

/** Classes of units, as bits. */
const HEX = 1
const ROTATED_HEX = 2
const UPPER_OR_DIGIT = 4
const LOWER_OR_DIGIT = 8
const LETTER_OR_DIGIT = 16
const LOWER = 32
const UPPER = 64
const DASH = 128
/** No name has `+` or `=` in it. */
const SIGN = 256
const END_OF_LINE = 512

const classes = Uint16Array.from({ length: 128 }, (_, unit) => {
  if (unit === 0x2d) return DASH
  if (unit === 0x2b || unit === 0x3d) return SIGN
  if (unit === 0x0a || unit === 0x0d) return END_OF_LINE
  const hex = (isHexUnit(unit) ? HEX : 0) | (isHexUnit(rotatedUnit(unit)) ? ROTATED_HEX : 0)
  if (isDigit(unit)) return hex | UPPER_OR_DIGIT | LOWER_OR_DIGIT | LETTER_OR_DIGIT
  if (!isLetter(unit)) return 0
  const cased = unit >= 97 ? LOWER | LOWER_OR_DIGIT : UPPER | UPPER_OR_DIGIT
  return hex | cased | LETTER_OR_DIGIT
})

/** By unit: no letter or digit, a lower-case letter, an upper-case one, a digit. */
const kinds = Uint8Array.from({ length: 128 }, (_, unit) => {
  if (isDigit(unit)) return 3
  return isLetter(unit) ? (unit >= 97 ? 1 : 2) : 0
})

/** By kind and the next one, in bytes: both are lower-case letters; they differ; the next is a digit. */
const follows = Int32Array.from({ length: 16 }, (_, pair) => {
  const [one, other] = [pair >> 2, pair & 3]
  const both = one === 1 && other === 1 ? 1 : 0
  const differ = one !== 0 && other !== 0 && one !== other ? 1 << 8 : 0
  return both | differ | (other === 3 ? 1 << 16 : 0)
})
/** Before a byte of them is full. */
const MOST_QUADS = 63

/**
 * By place in a quad of units and unit: a bit for each turn and each place of four where a group may begin, set where the unit fits
 * (`fits`). What all four units of a quad have, fits in all of it.
 */
const quadBits = (place: number): Uint16Array =>
  Uint16Array.from({ length: 128 }, (_, unit) => {
    const fit = unitFits[unit] ?? 0
    let bits = 0
    for (let p = 0; p < 4; p++) {
      const forward = 1 << ((place - p) & 3)
      const back = 1 << ((p - place) & 3)
      if ((fit & forward) !== 0) bits |= 1 << p
      if ((fit & back) !== 0) bits |= 16 << p
      if (((fit >> 4) & forward) !== 0) bits |= 256 << p
      if (((fit >> 4) & back) !== 0) bits |= 4096 << p
    }
    return bits
  })
const quad0 = quadBits(0)
const quad1 = quadBits(1)
const quad2 = quadBits(2)
const quad3 = quadBits(3)

/**
 * One pass over a run, without a copy of it; two where it may be text. What has ends of line in it is evidence of nothing: it is to be
 * looked at without them (`withoutLineEnds`).
 */
export function surveyed(units: Uint16Array, start: number, end: number): RunSurvey {
  let seen = 0
  // Classes that all units of two quads in a row have, and of three: 13 units in a row hold two whole quads, 16 hold three.
  let two = 0
  let three = 0
  let full = 0
  let fullTwice = 0
  let fitting = 0
  let fit = 0
  let fitTwice = 0
  let [pairs, changes, digits] = [0, 1, 0]
  let kind = 0
  let at = start
  while (at < end) {
    let counts = 0
    const quadsEnd = Math.min(end - 3, at + 4 * MOST_QUADS)
    for (; at < quadsEnd; at += 4) {
      const a = (units[at] ?? 0) & 127
      const b = (units[at + 1] ?? 0) & 127
      const c = (units[at + 2] ?? 0) & 127
      const d = (units[at + 3] ?? 0) & 127
      const ca = classes[a] ?? 0
      const cb = classes[b] ?? 0
      const cc = classes[c] ?? 0
      const cd = classes[d] ?? 0
      seen |= ca | cb | cc | cd
      const fullNow = ca & cb & cc & cd
      three |= fullNow & fullTwice
      fullTwice = fullNow & full
      two |= fullTwice
      full = fullNow
      const fitNow = (quad0[a] ?? 0) & (quad1[b] ?? 0) & (quad2[c] ?? 0) & (quad3[d] ?? 0)
      fitting |= fitNow & fitTwice
      fitTwice = fitNow & fit
      fit = fitNow
      const ka = kinds[a] ?? 0
      const kb = kinds[b] ?? 0
      const kc = kinds[c] ?? 0
      const kd = kinds[d] ?? 0
      counts += (follows[(kind << 2) | ka] ?? 0) + (follows[(ka << 2) | kb] ?? 0)
      counts += (follows[(kb << 2) | kc] ?? 0) + (follows[(kc << 2) | kd] ?? 0)
      kind = kd
    }
    if (end - at < 4) {
      for (; at < end; at++) {
        const unit = (units[at] ?? 0) & 127
        seen |= classes[unit] ?? 0
        const next = kinds[unit] ?? 0
        counts += follows[(kind << 2) | next] ?? 0
        kind = next
      }
    }
    pairs += counts & 255
    changes += (counts >> 8) & 255
    digits += counts >> 16
  }
  const wrapped = (seen & END_OF_LINE) !== 0
  const size = end - start
  const cased = (seen & (LOWER | UPPER)) === (LOWER | UPPER)
  const mostPairs = (seen & SIGN) !== 0 && digits > 0 ? SIGNED_PAIRS : LETTER_PAIRS
  const wordless = pairs * 100 < size * mostPairs || changes * 100 >= size * CHANGES
  const dashes = (seen & DASH) !== 0
  const isBytes = cased && size >= SHORTEST_RANDOM && wordless
  let stretches = 0
  if ((three & HEX) !== 0) stretches |= HEX_STRETCH
  if ((three & ROTATED_HEX) !== 0) stretches |= ROTATED_STRETCH
  if ((two & (UPPER_OR_DIGIT | LOWER_OR_DIGIT)) !== 0) stretches |= ONE_CASE_STRETCH
  if ((two & LETTER_OR_DIGIT) !== 0 && cased) stretches |= MIXED_STRETCH
  return {
    ...(fitting !== 0 && !wrapped ? evidenceIn(units, start, end) : NO_EVIDENCE),
    wrapped,
    dashes,
    random: isBytes && !(dashes && isDate(units, start, end, digits)),
    stretches,
  }
}

/** The units of a run without its ends of line. */
export function withoutLineEnds(units: Uint16Array, start: number, end: number): Uint16Array {
  const joined = new Uint16Array(end - start)
  let length = 0
  for (let i = start; i < end; i++) {
    const unit = units[i] ?? 0
    if (unit > 32) joined[length++] = unit
  }
  return joined.subarray(0, length)
}

/** True for so many digits and dashes that it is a date. */
function isDate(units: Uint16Array, start: number, end: number, digits: number): boolean {
  if (digits * 100 <= (end - start) * DATE_DIGITS) return false
  let dashes = 0
  for (let i = start; i < end; i++) if (units[i] === 0x2d) dashes++
  return dashes >= DATE_DASHES
}

const NO_EVIDENCE = { evidence: 0, strong: 0 } as const

/** Which turns of a run decode to ASCII text somewhere. */
function evidenceIn(
  units: Uint16Array,
  start: number,
  end: number,
): { readonly evidence: number; readonly strong: number } {
  // Four counters of eight bits: for each place of four where a group may begin, how many units in a row fit.
  let [forward, back, rotated, both] = [0, 0, 0, 0]
  // How often each had enough of them.
  let [forwards, backs, rotateds, boths] = [0, 0, 0, 0]
  for (let i = start; i < end; i++) {
    const fit = unitFits[(units[i] ?? 0) & 127] ?? 0
    const turn = ((i - start) & 3) << 4
    const backwards = ((start - i) & 3) << 4
    forward = (forward + EACH) & (kept[turn | (fit & 15)] ?? 0)
    back = (back + EACH) & (kept[backwards | (fit & 15)] ?? 0)
    rotated = (rotated + EACH) & (kept[turn | (fit >> 4)] ?? 0)
    both = (both + EACH) & (kept[backwards | (fit >> 4)] ?? 0)
    if (((forward | back | rotated | both) & ENOUGH) === 0) continue
    if ((forward & ENOUGH) !== 0) forwards++
    if ((back & ENOUGH) !== 0) backs++
    if ((rotated & ENOUGH) !== 0) rotateds++
    if ((both & ENOUGH) !== 0) boths++
    // A counter may not run into its neighbour.
    forward &= ~ENOUGH
    back &= ~ENOUGH
    rotated &= ~ENOUGH
    both &= ~ENOUGH
  }
  const signs = (least: number): number =>
    (forwards >= least ? FORWARD : 0) |
    (backs >= least ? REVERSED : 0) |
    (rotateds >= least ? ROTATED : 0) |
    (boths >= least ? BOTH : 0)
  const strong = signs(Math.max(1, (end - start) / (2 * FEWEST_UNITS)))
  return { evidence: signs(1), strong }
}
