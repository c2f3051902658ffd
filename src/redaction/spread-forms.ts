import { Buffer } from 'node:buffer'
import { folded, foldTable } from './folded-text.ts'
import { isHex } from './hex.ts'

/** A secret part as it stands, in one way of writing it, in folded text. */
export interface SpreadForm {
  readonly units: Uint8Array
  /** How many folded units in a row count as a run of it. */
  readonly least: number
}

/** A run is at least this many characters of a secret part, or a third of it, whichever is more. */
const SHORTEST_RUN = 8
/** Hex has half the entropy of other text, and stands everywhere. */
const SHORTEST_HEX_RUN = 12

/** How many consecutive characters of a secret part count as a run of it; null where it is too short to have one. */
export function shortestRun(part: string): number | null {
  const least = isHex(part) ? SHORTEST_HEX_RUN : SHORTEST_RUN
  const run = Math.max(least, Math.ceil(part.length / 3))
  return run > part.length ? null : run
}

/** The longest part that is looked for in all forms: of a longer one, the raw and base64 forms must do. */
const LONGEST_IN_ALL = 512

/**
 * The forms of a secret part that keep its order in folded text, whatever stands between the characters: raw, reversed, ROT13,
 * hex (also `\x`- and percent-escaped throughout), decimal bytes, base64 at three alignments (forward, reversed, ROT13).
 */
export function spreadForms(part: string): SpreadForm[] {
  const run = shortestRun(part)
  if (run === null) return []
  const forms: SpreadForm[] = []
  const add = (text: string, least: number): void => {
    const units = folded(text)
    const fewest = fewestFolded(text, least)
    if (units.length >= fewest && fewest >= SHORTEST_RUN) forms.push({ units, least: fewest })
  }
  const bytes = Buffer.from(part, 'utf8')
  const bases = [0, 1, 2].map((shift) => base64Inner(bytes, shift))
  const least64 = Math.floor((run * 8 - 4) / 6)
  add(part, run)
  for (const base of bases) add(base, least64)
  if (part.length > LONGEST_IN_ALL) return forms
  const hex = bytes.toString('hex')
  add(reversed(part), run)
  add(rot13(part), run)
  add(hex, run * 2)
  add(reversed(hex), run * 2)
  add([...bytes].join(' '), run * 2)
  for (const base of bases) {
    add(reversed(base), least64)
    add(rot13(base), least64)
  }
  return forms
}

/** True where some run of a part has too few letters and digits to be found in folded text. */
export function needsExactSearch(part: string): boolean {
  const run = shortestRun(part)
  return run !== null && fewestFolded(part, run) < SHORTEST_RUN
}

export function reversed(text: string): string {
  return text.split('').reverse().join('')
}

export function rot13(text: string): string {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
    out += letter ? String.fromCharCode((code & 31) <= 13 ? code + 13 : code - 13) : text.charAt(i)
  }
  return out
}

function base64Inner(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
  const first = Math.ceil((shift * 8) / 6)
  return encoded.slice(first, Math.floor(((shift + bytes.length) * 8) / 6))
}

/** The fewest folded units that any `size` characters in a row of a text have. */
function fewestFolded(text: string, size: number): number {
  if (size > text.length) return Number.POSITIVE_INFINITY
  const fold = foldTable()
  const kept = (at: number): number => (fold[text.charCodeAt(at)] === 0 ? 0 : 1)
  let inside = 0
  let fewest = Number.POSITIVE_INFINITY
  for (let i = 0; i < text.length; i++) {
    inside += kept(i)
    if (i >= size) inside -= kept(i - size)
    if (i >= size - 1) fewest = Math.min(fewest, inside)
  }
  return fewest
}
