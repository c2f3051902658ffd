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

/** True where the start of a run of base64 units may be of ASCII text at some place of four: cheap. */
export function mayBeBase64Text(text: string, start: number, end: number): boolean {
  let since0 = start
  let since1 = start
  let since2 = start
  let since3 = start
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i)
    const sextet = unit < 128 ? (sextets[unit] ?? 255) : 255
    // Ends of line and padding count for nothing here, and shift the places: then it is looked at.
    if (sextet === 255) {
      if (unit === 0x0a || unit === 0x0d) return true
      since0 = since1 = since2 = since3 = i + 1
      continue
    }
    const fit = fits[sextet] ?? 0
    if ((fit & (1 << (i & 3))) === 0) since0 = i + 1
    if ((fit & (1 << ((i + 1) & 3))) === 0) since1 = i + 1
    if ((fit & (1 << ((i + 2) & 3))) === 0) since2 = i + 1
    if ((fit & (1 << ((i + 3) & 3))) === 0) since3 = i + 1
    if (Math.max(i - since0, i - since1, i - since2, i - since3) >= FEWEST_UNITS) return true
  }
  return false
}
