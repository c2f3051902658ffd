import { Buffer } from 'node:buffer'
import { type MappedText, wholeOf } from './mapped-text.ts'

/** So many units that decode to ASCII text are decoded and searched. */
const FEWEST_UNITS = 16

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** By code unit: its six bits, or 255. */
const sextets = new Uint8Array(128).fill(255)
for (let i = 0; i < 64; i++) sextets[ALPHABET.charCodeAt(i)] = i
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

/**
 * The parts of a run of base64 units that decode to ASCII text (UTF-16 and NULs among it), at any of the four places where a
 * group may begin. Everything else in the run is binary, and holds a value only as the direct forms of base64 find it.
 */
export function base64Texts(units: string): MappedText[] {
  const texts: MappedText[] = []
  const count = units.length
  // One pass for each place of four; a pass ends a stretch at the first unit that does not fit.
  for (let phase = 0; phase < 4; phase++) {
    let since = -1
    for (let i = phase; i <= count; i++) {
      const sextet = i < count ? (sextets[units.charCodeAt(i)] ?? 255) : 255
      const place = (i - phase) & 3
      const fit = sextet !== 255 && ((fits[sextet] ?? 0) & (1 << place)) !== 0
      if (fit && since >= 0) continue
      if (fit) {
        if (place === 0) since = i
        continue
      }
      if (since >= 0 && i - since >= FEWEST_UNITS) texts.push(textAt(units, since, i))
      since = -1
    }
  }
  return texts
}

function textAt(units: string, start: number, end: number): MappedText {
  const text = Buffer.from(units.slice(start, end), 'base64').toString('latin1')
  if (text.includes('\0')) return wholeOf(text.replaceAll('\0', ''), start, end + 3)
  return {
    text,
    span: (from, to) => ({
      start: start + Math.floor((from * 4) / 3),
      end: Math.min(end + 3, start + Math.ceil((to * 4) / 3) + 1),
    }),
  }
}

/** What a run of base64 units may be, as bits: base64 of ASCII text, the same reversed, the same in ROT13. */
export const FORWARD = 1
export const REVERSED = 2
export const ROTATED = 4

/** Which of the three a run may be. One pass, whatever the run; ends of line count for nothing. */
export function base64Evidence(text: string, start: number, end: number): number {
  // Four counters of eight bits: for each place of four where a group may begin, how many units in a row fit.
  let forward = 0
  let back = 0
  let rotated = 0
  let evidence = 0
  for (let i = start, place = 0; i < end; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x0a || unit === 0x0d) continue
    const fit = unit < 128 ? (unitFits[unit] ?? 0) : 0
    const turn = place & 3
    forward = (forward + EACH) & (kept[(turn << 4) | (fit & 15)] ?? 0)
    back = (back + EACH) & (kept[(((4 - turn) & 3) << 4) | (fit & 15)] ?? 0)
    rotated = (rotated + EACH) & (kept[(turn << 4) | (fit >> 4)] ?? 0)
    if (((forward | back | rotated) & ENOUGH) !== 0) {
      if ((forward & ENOUGH) !== 0) evidence |= FORWARD
      if ((back & ENOUGH) !== 0) evidence |= REVERSED
      if ((rotated & ENOUGH) !== 0) evidence |= ROTATED
      if (evidence === (FORWARD | REVERSED | ROTATED)) break
      // A counter may not run into its neighbour.
      forward &= ~ENOUGH
      back &= ~ENOUGH
      rotated &= ~ENOUGH
    }
    place++
  }
  return evidence
}

const EACH = 0x01010101
/** INVARIANT: the bit of FEWEST_UNITS in each counter. */
const ENOUGH = 0x10101010

/** By code unit: the places of four where it fits (`fits`), and above them those of its ROT13. */
const unitFits = Uint8Array.from({ length: 128 }, (_, unit) => {
  const letter = (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)
  const turned = !letter ? unit : (unit & 31) <= 13 ? unit + 13 : unit - 13
  const of = (one: number) => fits[sextets[one] ?? 255] ?? 0
  return of(unit) | (of(turned) << 4)
})

/** By turn and fit: which of the four counters go on. Counter p is of groups that begin at places p, p + 4, ... */
const kept = Int32Array.from({ length: 64 }, (_, key) => {
  const turn = key >> 4
  let mask = 0
  for (let p = 0; p < 4; p++) {
    if ((key & 15 & (1 << ((turn - p) & 3))) !== 0) mask |= 0xff << (p * 8)
  }
  return mask
})
