import { Buffer } from 'node:buffer'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { EACH, ENOUGH, FEWEST_UNITS, kept, unitFits } from './run-survey.ts'
import { TURNS } from './turns.ts'

/** A part of a run, and what it stands for. */
export interface Base64Text extends MappedText {
  readonly start: number
  readonly end: number
  /** It has no control characters but white space. */
  readonly plain: boolean
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is not plain
const CONTROL = /[\0-\x08\x0e-\x1f\x7f]/

/** Fewer characters in a row hold no part of a value. */
const PRINTED = /[\t-\r -~]{8}/

/**
 * The parts of a run of base64 units that decode to ASCII text (UTF-16 and NULs among it), at any of the four places where a
 * group may begin.
 */
export function base64Texts(units: string): Base64Text[] {
  const texts: Base64Text[] = []
  const since = [-1, -1, -1, -1]
  let open = 0
  let counters = 0
  const count = units.length
  for (let i = 0; i <= count; i++) {
    const fit = i < count ? (unitFits[units.charCodeAt(i) & 127] ?? 0) & 15 : 0
    counters = (counters + EACH) & (kept[((i & 3) << 4) | fit] ?? 0)
    if (open !== 0) {
      for (let phase = 0; phase < 4; phase++) {
        const start = since[phase] ?? -1
        if (start < 0 || (counters & (0xff << (phase * 8))) !== 0) continue
        since[phase] = -1
        open--
        if (i - start < FEWEST_UNITS) continue
        const text = textAt(units, start, i)
        // Control characters alone stand there by chance.
        if (PRINTED.test(text.text)) texts.push(text)
      }
    }
    const enough = counters & ENOUGH
    if (enough === 0) continue
    // One less, so that no counter runs into its neighbour.
    counters -= enough >>> 4
    for (let phase = 0; phase < 4; phase++) {
      if ((enough & (0xff << (phase * 8))) === 0 || (since[phase] ?? -1) >= 0) continue
      // The first group that is there as a whole.
      const first = i - FEWEST_UNITS + 1
      since[phase] = first + ((phase - first) & 3)
      open++
    }
  }
  return texts
}

function textAt(units: string, start: number, end: number): Base64Text {
  const text = Buffer.from(units.slice(start, end), 'base64').toString('latin1')
  const place = { start, end, plain: !CONTROL.test(text) }
  if (text.includes('\0')) {
    return { ...place, ...wholeOf(text.replaceAll('\0', ''), start, end + 3) }
  }
  return {
    ...place,
    text,
    span: (from, to) => ({
      start: start + Math.floor((from * 4) / 3),
      end: Math.min(end + 3, start + Math.ceil((to * 4) / 3) + 1),
    }),
  }
}

/** Base64 of eight to eleven bytes, which says by its padding that it is all there. */
const SHORT_PADDED = /^(?:[A-Za-z0-9+/_-]{4}){2,3}[A-Za-z0-9+/_-]{2}[A-Za-z0-9+/_-]?==?$/
const ALL_PRINTED = /^[ -~]{8,}$/
/** The longest of it. */
export const LONGEST_SHORT = 16

/** The ASCII text of which base64, too short to be known by its units alone, with padding is all of a run, in each order and alphabet. */
export function shortPaddedTexts(units: string): string[] {
  return TURNS.flatMap((turn) => {
    const turned = turn(units)
    if (turned.length % 4 !== 0 || !SHORT_PADDED.test(turned)) return []
    const text = Buffer.from(turned, 'base64').toString('latin1')
    return ALL_PRINTED.test(text) ? [text] : []
  })
}
