import type { Occurrences, PatternPool } from './pattern.ts'
import type { PlacedPiece } from './shown.ts'

/** A part of a text that is to be replaced, and the name that its marker gives. */
export interface Match {
  readonly start: number
  readonly end: number
  readonly name: string
  /** For a part of a value: the same for the same part; null for a whole value. */
  readonly part: string | null
}

export interface Matches {
  /** By start; none overlap. */
  readonly matches: readonly Match[]
  /** Markers of an earlier pass, whose text is left alone. By start; none overlap. */
  readonly markers: readonly { readonly start: number; readonly end: number }[]
  /** Where the first occurrence starts whose edge more text could widen; infinite where there is none. */
  readonly openFrom: number
  /** Pieces of values, each too short to be a match. */
  readonly pieces: readonly PlacedPiece[]
}

const NOTHING: Matches = {
  matches: [],
  markers: [],
  openFrom: Number.POSITIVE_INFINITY,
  pieces: [],
}

interface Candidate {
  start: number
  end: number
  /** Where its pattern starts, without the edges. */
  from: number
  id: number
}

/**
 * What is replaced: all occurrences but those inside a marker, the overlapping ones as one. A replacement is named after
 * its leftmost occurrence, of several there the longest, of several equal ones the one that was registered first.
 *
 * @param before occurrences that start there or later are left out.
 */
export function resolve(
  text: string,
  found: Occurrences,
  pool: PatternPool,
  before = Number.POSITIVE_INFINITY,
): Matches {
  if (found.length === 0) return NOTHING
  const { lengths, patterns } = pool
  const candidates: Candidate[] = []
  const markers: Candidate[] = []
  for (let i = 0; i < found.length; i += 2) {
    const from = found[i] ?? 0
    const id = found[i + 1] ?? 0
    const candidate = { start: from, end: from + (lengths[id] ?? 0), from, id }
    if (patterns[id]?.name === null) markers.push(candidate)
    else candidates.push(candidate)
  }
  markers.sort(byPlace)
  const wanted = outside(candidates, markers)
  let openFrom = Number.POSITIVE_INFINITY
  for (const candidate of wanted) {
    if (patterns[candidate.id]?.edges !== true) continue
    widen(candidate, text)
    if (candidate.end === text.length) openFrom = Math.min(openFrom, candidate.start)
  }
  wanted.sort(byPlace)
  const matches: Match[] = []
  let last: { start: number; end: number; name: string; part: null } | null = null
  for (const { start, end, id } of wanted) {
    if (start >= before) break
    if (last !== null && start < last.end) {
      if (end > last.end) last.end = end
      continue
    }
    last = { start, end, name: patterns[id]?.name ?? '', part: null }
    matches.push(last)
  }
  return { matches, markers, openFrom, pieces: [] }
}

/** True for the characters of base64 and base64url. */
export function isBase64Unit(unit: number): boolean {
  return (
    (unit >= 97 && unit <= 122) ||
    (unit >= 65 && unit <= 90) ||
    (unit >= 48 && unit <= 57) ||
    unit === 43 ||
    unit === 47 ||
    unit === 45 ||
    unit === 95
  )
}

const PADDING = 61

function widen(candidate: Candidate, text: string): void {
  if (candidate.start > 0 && isBase64Unit(text.charCodeAt(candidate.start - 1))) candidate.start--
  if (candidate.end < text.length && isBase64Unit(text.charCodeAt(candidate.end))) candidate.end++
  for (let i = 0; i < 2 && text.charCodeAt(candidate.end) === PADDING; i++) candidate.end++
}

/** Those that do not lie in a marker from end to end. */
function outside(candidates: Candidate[], markers: readonly Candidate[]): Candidate[] {
  if (markers.length === 0) return candidates
  return candidates.filter(({ start, end }) => {
    let low = 0
    let high = markers.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((markers[middle]?.start ?? 0) <= start) low = middle + 1
      else high = middle
    }
    const marker = markers[low - 1]
    return marker === undefined || end > marker.end
  })
}

function byPlace(a: Candidate, b: Candidate): number {
  return a.start - b.start || b.end - a.end || a.from - b.from || a.id - b.id
}
