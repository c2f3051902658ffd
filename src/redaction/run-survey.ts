import { digitsOf, NO_DIGIT } from './digits.ts'
import { rotatedUnit } from './turns.ts'

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
  /** Which stretches of letters and digits there are, as bits. */
  readonly stretches: number
}

/** Base64 of ASCII text, the same reversed, the same in ROT13, and both. */
export const FORWARD = 1
export const REVERSED = 2
export const ROTATED = 4
export const BOTH = 8

/** Sixteen hex digits in a row, or what ROT13 makes of them. */
export const HEX_STRETCH = 1
export const ROTATED_STRETCH = 2
/** Thirteen letters of one case and digits in a row. */
export const ONE_CASE_STRETCH = 4
/** Thirteen letters and digits in a row, letters of both cases among them, that are no name. */
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
/** In names so many letters in a hundred are small ones after another. */
const NAME_PAIRS = 45
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

const LOWER = 1
const UPPER = 2
const DIGIT = 4
const NO_HEX = 8
const NO_ROTATED = 16
const OTHER = 32

const kinds = Uint8Array.from({ length: 128 }, (_, unit) => {
  if (unit >= 48 && unit <= 57) return DIGIT
  const letter = unit | 32
  if (unit < 65 || letter < 97 || letter > 122) return OTHER
  const hex = letter <= 102 ? 0 : NO_HEX
  const rotated = letter >= 110 && letter <= 115 ? 0 : NO_ROTATED
  return hex | rotated | (unit < 97 ? UPPER : LOWER)
})

/** True for letters of both cases without digits, as in `getElementById`: base58 hardly ever has so many small ones in a row. */
function isName(length: number, pairs: number, digits: number): boolean {
  return digits === 0 && pairs * 100 >= length * NAME_PAIRS
}

/** One pass over a run, without a copy of it. */
export function surveyed(units: Uint16Array, start: number, end: number): RunSurvey {
  // Four counters of eight bits: for each place of four where a group may begin, how many units in a row fit.
  let [forward, back, rotated, both] = [0, 0, 0, 0]
  // How often each had enough of them.
  let [forwards, backs, rotateds, boths] = [0, 0, 0, 0]
  let place = 0
  let wrapped = false
  let dashes = 0
  // No name has `+` or `=` in it.
  let signed = false
  let pairs = 0
  let changes = 0
  let digits = 0
  let cases = 0
  let before = 0
  let stretches = 0
  // What there was before the stretch.
  let pairsBefore = 0
  let digitsBefore = 0
  // Where the last unit of each kind stood: a stretch goes back to there.
  let other = start - 1
  let [lower, upper, noHex, noRotated] = [other, other, other, other]
  for (let i = start; i < end; i++) {
    const unit = units[i] ?? 0
    const kind = kinds[unit & 127] ?? OTHER
    if (kind === OTHER) {
      const stretch = i - 1 - other
      if (stretch >= SHORTEST_STRETCH && lower > other && upper > other) {
        if (!isName(stretch, pairs - pairsBefore, digits - digitsBefore)) stretches |= MIXED_STRETCH
      }
      pairsBefore = pairs
      digitsBefore = digits
      other = lower = upper = noHex = noRotated = i
      if (unit === 0x0a || unit === 0x0d) {
        wrapped = true
        continue
      }
      if (unit === 0x2d) dashes++
      else if (unit === 0x2b || unit === 0x3d) signed = true
    } else {
      const cased = kind & (LOWER | UPPER | DIGIT)
      if (cased !== before) changes++
      else if (cased === LOWER && other !== i - 1) pairs++
      before = cased
      cases |= cased
      if (cased === DIGIT) digits++
      if (cased === LOWER) lower = i
      else if (cased === UPPER) upper = i
      if (i - (lower < upper ? lower : upper) >= SHORTEST_STRETCH) stretches |= ONE_CASE_STRETCH
      if ((kind & NO_HEX) !== 0) noHex = i
      else if (i - noHex >= SHORTEST_HEX) stretches |= HEX_STRETCH
      if ((kind & NO_ROTATED) !== 0) noRotated = i
      else if (i - noRotated >= SHORTEST_HEX) stretches |= ROTATED_STRETCH
    }
    const fit = unitFits[unit & 127] ?? 0
    const turn = (place & 3) << 4
    const backwards = ((4 - place) & 3) << 4
    place++
    forward = (forward + EACH) & (kept[turn | (fit & 15)] ?? 0)
    back = (back + EACH) & (kept[backwards | (fit & 15)] ?? 0)
    rotated = (rotated + EACH) & (kept[turn | (fit >> 4)] ?? 0)
    both = (both + EACH) & (kept[backwards | (fit >> 4)] ?? 0)
    if (((forward | back | rotated | both) & ENOUGH) !== 0) {
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
  }
  const stretch = end - 1 - other
  if (stretch >= SHORTEST_STRETCH && lower > other && upper > other) {
    if (!isName(stretch, pairs - pairsBefore, digits - digitsBefore)) stretches |= MIXED_STRETCH
  }
  const size = end - start
  const mixed = (cases & (LOWER | UPPER)) === (LOWER | UPPER)
  const mostPairs = signed && digits > 0 ? SIGNED_PAIRS : LETTER_PAIRS
  const wordless = pairs * 100 < size * mostPairs || changes * 100 >= size * CHANGES
  const date = dashes >= DATE_DASHES && digits * 100 > size * DATE_DIGITS
  const random = mixed && size >= SHORTEST_RANDOM && wordless && !date
  const signs = (least: number): number =>
    (forwards >= least ? FORWARD : 0) |
    (backs >= least ? REVERSED : 0) |
    (rotateds >= least ? ROTATED : 0) |
    (boths >= least ? BOTH : 0)
  const strong = signs(Math.max(1, size / (2 * FEWEST_UNITS)))
  return { evidence: signs(1), strong, wrapped, dashes: dashes > 0, random, stretches }
}
