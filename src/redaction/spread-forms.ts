import { Buffer } from 'node:buffer'
import { ascii85Inner, base32Inner, base64Inner } from './base-inner.ts'
import { folded, foldTable } from './folded-text.ts'
import { isHex } from './hex.ts'
import { TURNS } from './turns.ts'

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

/** Fewer folded units in a row than this would stand in honest text by chance. */
const FEWEST_UNITS = 8
/** Ascii85 loses more when it is folded than others do, so more of it must be there. */
const FEWEST_OF_ASCII85 = 10

/**
 * The forms of a secret part that keep its order in folded text, whatever stands between the characters: raw, hex (also `\x`- and
 * percent-escaped throughout), decimal bytes, base64 at three alignments, base32 at five, ascii85 at four; all but the last two also
 * reversed, in ROT13, and both.
 */
export function spreadForms(part: string): SpreadForm[] {
  const run = shortestRun(part)
  if (run === null) return []
  const forms = new Map<string, SpreadForm>()
  const add = (text: string, least: number): void => {
    const units = folded(text)
    const fewest = Math.max(FEWEST_UNITS, fewestFolded(text, Math.min(least, text.length)))
    if (units.length < fewest) return
    const key = Buffer.from(units).toString('latin1')
    if (!forms.has(key)) forms.set(key, { units, least: fewest })
  }
  const turned = (text: string, least: number): void => {
    for (const turn of TURNS) add(turn(text), least)
  }
  const bytes = Buffer.from(part, 'utf8')
  const bases = [0, 1, 2].map((shift) => base64Inner(bytes, shift))
  const least64 = Math.floor((run * 8 - 4) / 6)
  if (part.length > LONGEST_IN_ALL) {
    for (const text of [part, ...bases]) add(text, text === part ? run : least64)
    return [...forms.values()]
  }
  turned(part, run)
  // Some letters become two in the other case: `ß`.
  turned(part.toUpperCase(), run)
  for (const base of bases) turned(base, least64)
  turned(bytes.toString('hex'), run * 2)
  turned([...bytes].join(' '), run * 2)
  for (const base of base32Inner(bytes)) add(base, Math.floor((run * 8 - 8) / 5))
  for (const base of ascii85Inner(bytes)) {
    add(base, Math.max(FEWEST_OF_ASCII85, Math.ceil(base.length / 3)))
  }
  return [...forms.values()]
}

/** True where some run of a part has too few letters and digits to be found in folded text: a password with signs in it. */
export function isSparse(part: string): boolean {
  const run = shortestRun(part)
  return run !== null && fewestFolded(part, run) < SHORTEST_RUN
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
