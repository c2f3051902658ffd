import { Buffer } from 'node:buffer'
import { NO_DIGIT } from './digits.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { fits, sextets } from './run-survey.ts'

/** So many units that decode to ASCII text are decoded and searched. */
const FEWEST_UNITS = 16

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
  const count = units.length
  // One pass for each place of four; a pass ends a stretch at the first unit that does not fit.
  for (let phase = 0; phase < 4; phase++) {
    let since = -1
    for (let i = phase; i <= count; i++) {
      const sextet = i < count ? (sextets[units.charCodeAt(i) & 127] ?? NO_DIGIT) : 255
      const place = (i - phase) & 3
      const fit = sextet !== NO_DIGIT && ((fits[sextet] ?? 0) & (1 << place)) !== 0
      if (fit && since >= 0) continue
      if (fit) {
        if (place === 0) since = i
        continue
      }
      if (since >= 0 && i - since >= FEWEST_UNITS) {
        const text = textAt(units, since, i)
        // Control characters alone stand there by chance.
        if (PRINTED.test(text.text)) texts.push(text)
      }
      since = -1
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
