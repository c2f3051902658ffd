import type { Leaves } from './json-redaction.ts'
import { markerFor } from './marker.ts'
import type { Match } from './match.ts'

/** Between two leaves: it ends a token and what is encoded, but a run goes on over it, so that a value in pieces is found. */
export const BETWEEN_LEAVES = '\x1e'

/** Values up to this long may be pieces of a longer one. */
const LONGEST_PIECE = 64

/** What finds matches in a text; `spread` finds only what is spread out. */
export interface LeafFinder {
  find(text: string): readonly Match[]
  spread(text: string): readonly Match[]
}

/**
 * What stands in the place of each leaf: itself where nothing was found in it; null where nothing was found at all. They are searched as
 * one text, in their order, and the values once more without the names, so that a value in several elements or fields is found too.
 */
export function redactLeaves(
  { texts, kinds }: Leaves,
  finder: LeafFinder,
  count: (match: Match) => void,
): string[] | null {
  const matches = finder.find(texts.join(BETWEEN_LEAVES))
  const redacted = [...texts]
  place(texts, matches, count, (index, text, match) => {
    redacted[index] = kinds[index] === 'number' ? markerFor(match) : text
  })
  const spread = kinds.includes('name')
    ? redactValues({ texts, kinds }, redacted, finder, count)
    : 0
  return matches.length + spread === 0 ? null : redacted
}

/** Looks through the short values without the names, puts markers into what is redacted so far, and gives how many it found. */
function redactValues(
  { texts, kinds }: Leaves,
  redacted: string[],
  finder: LeafFinder,
  count: (match: Match) => void,
): number {
  const isValue = (text: string, index: number): boolean =>
    kinds[index] !== 'name' && text.length <= LONGEST_PIECE && redacted[index] === text
  const values = texts.filter(isValue)
  const matches = finder.spread(values.join(BETWEEN_LEAVES))
  if (matches.length === 0) return 0
  const indexes = [...texts.keys()].filter((index) => isValue(texts[index] ?? '', index))
  place(values, matches, count, (index, _text, match) => {
    redacted[indexes[index] ?? -1] = markerFor(match)
  })
  return matches.length
}

/** Calls `put` for each text that a match touches, with what it then reads and the last match in it. */
function place(
  texts: readonly string[],
  matches: readonly Match[],
  count: (match: Match) => void,
  put: (index: number, text: string, match: Match) => void,
): void {
  if (matches.length === 0) return
  for (const match of matches) count(match)
  let next = 0
  let start = 0
  for (const [index, text] of texts.entries()) {
    const end = start + text.length
    while (next < matches.length && (matches[next]?.end ?? 0) <= start) next++
    let out = ''
    let at = start
    let last: Match | null = null
    for (let i = next; i < matches.length; i++) {
      const match = matches[i]
      if (match === undefined || match.start >= end) break
      out += text.slice(at - start, Math.max(at, match.start) - start) + markerFor(match)
      at = Math.min(end, match.end)
      last = match
    }
    if (last !== null) put(index, out + text.slice(at - start), last)
    start = end + BETWEEN_LEAVES.length
  }
}
