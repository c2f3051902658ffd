import { markerFor } from './marker.ts'
import type { Match, Matches } from './match.ts'
import { Shown } from './shown.ts'

/** What finds matches: `Scanner` the direct ones, `Layers` all. */
export interface Finder {
  find(text: string, before?: number, shown?: Shown): Matches
  pendingFrom(text: string, found: Matches): number
  /** A place at or after the one that `pendingFrom` gives, whatever is found: cheap to know. */
  pendingAtMost(text: string): number
  /** Called before a text is let out up to a place inside a word. */
  checkParting(text: string, place: number): void
}

/**
 * Redacts a text that comes in pieces: all that comes out is what redacting the whole at once would give, whatever the
 * pieces. It keeps less than the longest form of a value (and a marker) back, and nothing that cannot be part of a match.
 */
export class RedactionStream {
  readonly #scanner: () => Finder
  readonly #count: (match: Match) => void
  /** What may yet be part of a match. */
  #held = ''
  /** How much of the start of `#held` stands under a marker that has gone out. */
  #covered = 0
  /** Pieces of values that went out. */
  readonly #shown = new Shown()

  /** @param scanner is asked for each piece, so that a value that is registered meanwhile is found. */
  constructor(scanner: () => Finder, count: (match: Match) => void) {
    this.#scanner = scanner
    this.#count = count
  }

  /** How much is kept back, in UTF-16 code units. */
  get held(): number {
    return this.#held.length
  }

  push(chunk: string): string {
    if (chunk === '') return ''
    const text = this.#held + chunk
    const scanner = this.#scanner()
    // Nothing to let out yet: what is held is searched once it is complete, not with each piece that comes in.
    if (scanner.pendingAtMost(text) === 0) {
      this.#held = text
      return ''
    }
    const matches = scanner.find(text, undefined, this.#shown)
    const pending = wholeCharacters(text, scanner.pendingFrom(text, matches))
    scanner.checkParting(text, pending)
    // What starts later may yet turn out to lie in a marker: it must not lengthen what goes out now.
    const open = matches.matches.some(({ start, end }) => start < pending && pending < end)
    const settled = open ? scanner.find(text, pending, this.#shown) : matches
    return this.#emit(text, settled, pending)
  }

  /** What was held back. Not to be called on a text that was cut off: its end may be the start of a value. */
  end(): string {
    const text = this.#held
    return this.#emit(text, this.#scanner().find(text, undefined, this.#shown), text.length)
  }

  #emit(text: string, { matches, pieces }: Matches, until: number): string {
    for (const piece of pieces) if (piece.start < until) this.#shown.add(piece)
    this.#shown.moveOn(until)
    let out = ''
    let at = this.#covered
    for (const match of matches) {
      if (match.start >= until) break
      if (match.start >= at) {
        out += text.slice(at, match.start) + markerFor(match)
        this.#count(match)
      }
      at = Math.max(at, match.end)
    }
    if (at < until) {
      out += text.slice(at, until)
      at = until
    }
    this.#held = text.slice(until)
    this.#covered = at - until
    return out
  }
}

/**
 * The place itself, or one before it where it parts a surrogate pair, or may: at the end of the text its second half can
 * still come.
 */
function wholeCharacters(text: string, place: number): number {
  const isFirstHalf = place > 0 && (text.charCodeAt(place - 1) & 0xfc00) === 0xd800
  const isSecondHalf = place === text.length || (text.charCodeAt(place) & 0xfc00) === 0xdc00
  return isFirstHalf && isSecondHalf ? place - 1 : place
}
