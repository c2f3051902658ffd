/** The longest marker: a name has at most 40 characters. */
const LONGEST_MARKER = 64

const MARKER = /\[secret(?: [a-z][a-z0-9_-]{0,39})?\]|\[part of a secret\]/g

/** What stands where a value was. */
export function markerOf(name: string): string {
  return `[secret ${name}]`
}

/** What stands where a part of a value was. INVARIANT: it names no secret, or an echo of guesses would say which is right. */
const PART_MARKER = '[part of a secret]'

/** What stands where a match was. */
export function markerFor(match: { readonly name: string; readonly part: string | null }): string {
  return match.part === null ? markerOf(match.name) : PART_MARKER
}

/** The markers in a text. */
export function markersIn(text: string): { start: number; end: number }[] {
  return [...text.matchAll(MARKER)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }))
}

/** The start of the marker that a cut at `index` would fall into; `index` where it falls into none. */
export function beforeMarker(text: string, index: number): number {
  const from = Math.max(0, index - LONGEST_MARKER)
  for (const match of text.slice(from, index + LONGEST_MARKER).matchAll(MARKER)) {
    const start = from + match.index
    if (start < index && index < start + match[0].length) return start
  }
  return index
}
