import { distance } from 'fastest-levenshtein'

/**
 * A text of a file, to be named in a message: in backticks, or only its length where it may be a value that was pasted in
 * by mistake. Messages reach the model and the trail, and no redactor knows a value that stands in a file.
 */
export function shown(text: string): string {
  if (text.length > 80 || looksLikeValue(text)) return `a text of ${text.length} characters`
  return `\`${text.replace(UNPRINTABLE, '?')}\``
}

/** The nearest of the known words, as the fix of a message; null where none is near. */
export function didYouMean(word: string, known: Iterable<string>): string | null {
  const wanted = word.toLowerCase()
  let best: { word: string; distance: number } | null = null
  for (const candidate of known) {
    const apart = distance(wanted, candidate.toLowerCase())
    if (best === null || apart < best.distance) best = { word: candidate, distance: apart }
  }
  if (best === null || best.distance > Math.max(1, Math.floor(word.length * 0.4))) return null
  return `did you mean \`${best.word}\``
}

/** The fix for an unknown word: the nearest known one, else all of them. */
export function knownWords(word: string, known: Iterable<string>): string {
  const all = [...known]
  const near = didYouMean(word, all)
  if (near !== null) return near
  return all.length === 0 ? 'remove it' : `known here: ${listed(all)}`
}

/** `a`, `b` and 3 more. */
export function listed(words: readonly string[], most = 12): string {
  const shownWords = words.slice(0, most).map((word) => `\`${word}\``)
  const more = words.length - shownWords.length
  return shownWords.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function looksLikeValue(text: string): boolean {
  return text
    .split(/[^A-Za-z0-9+=]+/)
    .some((run) => run.length >= 24 || (run.length >= 12 && /\d/.test(run) && /[A-Za-z]/.test(run)))
}
