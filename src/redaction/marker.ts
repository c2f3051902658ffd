/** The longest marker: a name has at most 40 characters. */
const LONGEST_MARKER = 64

const MARKER = /\[secret(?: [a-z][a-z0-9_-]{0,39})?\]/g

/** What stands where a value was. */
export function markerOf(name: string): string {
  return `[secret ${name}]`
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
