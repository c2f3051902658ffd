import { countEscapes, countLineEnds, type EscapePlaces } from './escape-places.ts'
import { type MappedText, turnedOf } from './mapped-text.ts'
import { TURNS } from './turns.ts'

/** Fewer escapes in a row hide no part of a value. */
const FEWEST = 3
/** Escapes that are no further apart are of one text, and so much on either side is of it too. */
const REACH = 16
/** The same of ends of line: the longest lines of base64 (RFC 2045) have 76 characters. */
const LINE_REACH = 80

/**
 * What stands around escapes that may have been reversed or put into ROT13 with the rest, turned back in each way.
 *
 * @param places where such escapes stand.
 */
export function turnedTexts(
  text: string,
  { turned, turnedLines }: Pick<EscapePlaces, 'turned' | 'turnedLines'>,
): MappedText[] {
  return [
    ...textsAround(text, turned, REACH, countEscapes),
    ...textsAround(text, turnedLines, LINE_REACH, countLineEnds),
  ]
}

/** @param countOf how many escapes of this sort a text has: most of the places must be some once the text is turned back. */
function textsAround(
  text: string,
  places: readonly number[],
  reach: number,
  countOf: (text: string) => number,
): MappedText[] {
  const found: MappedText[] = []
  for (let i = 0; i < places.length; ) {
    const first = places[i] ?? 0
    let last = first
    let count = 0
    for (; i < places.length && (places[i] ?? 0) - last <= reach; i++, count++)
      last = places[i] ?? 0
    if (count < FEWEST) continue
    const start = Math.max(0, first - reach)
    const end = Math.min(text.length, last + reach)
    const part = text.slice(start, end)
    for (const [index, turn] of TURNS.entries()) {
      const turnedPart = turn(part)
      if (turnedPart === part || countOf(turnedPart) * 3 < count * 2) continue
      found.push(turnedOf(turnedPart, start, end, index !== 2))
    }
  }
  return found
}
