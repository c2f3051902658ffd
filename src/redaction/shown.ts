import type { Piece } from './pieces.ts'

/** A piece, and where in the text it stands. */
export interface PlacedPiece extends Piece {
  readonly start: number
  readonly end: number
}

/** Long ago: no window reaches back to there. */
const NEVER = -1e12

/** Where a message has last shown each unit of each part. */
export class Shown {
  readonly #places = new Map<string, Float64Array>()
  /** How much of the message came before the text that is looked at. */
  #before = 0

  /** Notes a piece; true where nothing of its part is unknown to whoever reads the window of text that ends with it. */
  add({ part, size, offset, count, start, window }: PlacedPiece): boolean {
    const places = this.#places.get(part) ?? new Float64Array(size).fill(NEVER)
    this.#places.set(part, places)
    const place = this.#before + start
    places.fill(place, offset, offset + count)
    return places.every((one) => one >= place - window)
  }

  /** What follows begins so much further on. */
  moveOn(units: number): void {
    this.#before += units
  }

  /** Itself, as far as these pieces are concerned, for trying what they would show. */
  copyFor(pieces: readonly Piece[]): Shown {
    const copy = new Shown()
    copy.#before = this.#before
    for (const { part } of pieces) {
      const places = this.#places.get(part)
      if (places !== undefined) copy.#places.set(part, Float64Array.from(places))
    }
    return copy
  }
}

/**
 * Of the pieces of one message, by where they stand, those that must go: all of a part that some window of the text holds whole.
 * Where some of the message was shown before, they are those with which it becomes whole.
 */
export function telling(pieces: readonly PlacedPiece[], before: Shown | null): PlacedPiece[] {
  const shown = before?.copyFor(pieces) ?? new Shown()
  const told = new Set<PlacedPiece>()
  const byPart = new Map<string, PlacedPiece[]>()
  for (const piece of pieces) {
    const earlier = byPart.get(piece.part) ?? []
    byPart.set(piece.part, earlier)
    earlier.push(piece)
    if (!shown.add(piece)) continue
    told.add(piece)
    if (before !== null) continue
    for (let i = earlier.length - 2; i >= 0; i--) {
      const other = earlier[i]
      // What came before one that was told has been told with it, or is too far away.
      if (other === undefined || told.has(other) || other.start < piece.start - piece.window) break
      told.add(other)
    }
  }
  return [...told]
}
