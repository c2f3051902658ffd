import { countEscapes } from './escape-places.ts'
import { type MappedText, turnedOf } from './mapped-text.ts'
import { TURNS } from './turns.ts'

/** Fewer escapes in a row hide no part of a value. */
const FEWEST = 3
/** Escapes that are no further apart are of one text, and so much on either side is of it too. */
const REACH = 16

/**
 * What stands around escapes that may have been reversed or put into ROT13 with the rest, turned back in each way.
 *
 * @param places where such escapes stand, in order.
 */
export function turnedTexts(text: string, places: readonly number[]): MappedText[] {
  const found: MappedText[] = []
  for (let i = 0; i < places.length; ) {
    const first = places[i] ?? 0
    let last = first
    let count = 0
    for (; i < places.length && (places[i] ?? 0) - last <= REACH; i++, count++)
      last = places[i] ?? 0
    if (count < FEWEST) continue
    const start = Math.max(0, first - REACH)
    const end = Math.min(text.length, last + REACH)
    const part = text.slice(start, end)
    for (const [index, turn] of TURNS.entries()) {
      const turned = turn(part)
      if (turned === part || countEscapes(turned) * 3 < count * 2) continue
      found.push(turnedOf(turned, start, end, index !== 2))
    }
  }
  return found
}
