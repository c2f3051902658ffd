import { markersIn } from './marker.ts'
import type { Match } from './match.ts'
import type { Piece } from './pieces.ts'
import { Spans } from './spans.ts'
import { tokenAt } from './token.ts'

/** One thing that was found, before findings that touch become one match. */
export interface Finding {
  readonly start: number
  readonly end: number
  readonly name: string
  /** As in `Match`. */
  readonly part: string | null
  /** Where it is no more than a piece: it counts with others only. */
  readonly piece?: Piece
}

/**
 * Direct matches and other findings in one list: those that touch become one, named after the first whole value in it. What is no
 * direct match takes the whole token that it stands in; one inside a marker of an earlier pass is none.
 *
 * @param before those that start there or later are left out.
 */
export function combined(
  text: string,
  direct: readonly Match[],
  findings: readonly Finding[],
  before = Number.POSITIVE_INFINITY,
): Match[] {
  const markers = new Spans(markersIn(text))
  const known = new Spans(direct)
  const all: Finding[] = [...direct]
  for (const { start, end, name, part } of findings) {
    if (markers.cover(start, end) || known.cover(start, end)) continue
    all.push({ ...tokenAt(text, start, end), name, part })
  }
  all.sort((a, b) => a.start - b.start || b.end - a.end)
  const matches: { start: number; end: number; name: string; part: string | null }[] = []
  for (const { start, end, name, part } of all) {
    const last = matches.at(-1)
    if (last === undefined || start >= last.end) {
      if (start < before) matches.push({ start, end, name, part })
      continue
    }
    last.end = Math.max(last.end, end)
    if (last.part !== null && part === null) {
      last.name = name
      last.part = null
    }
  }
  return matches
}
