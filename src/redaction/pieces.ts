import { FOLDED_BITS, type FoldedText, folded } from './folded-text.ts'
import type { SecretPart } from './form-index.ts'
import { GramTable } from './gram-table.ts'
import type { Meter } from './pattern.ts'
import { SearchBudget } from './search-budget.ts'

/** Folded units in a row that count as a piece of a value. Fewer stand in any text. */
export const PIECE = 5
/** Two pieces make the shortest part that can be put together again. */
const SHORTEST_PART = 2 * PIECE

/** A piece of a value. */
export interface Piece {
  /** Where it stands in the text that was searched, and over how many units of that. */
  readonly first: number
  readonly length: number
  readonly name: string
  /** Which part it is a piece of, how many units that has, and which of them, how many, the piece is. */
  readonly part: string
  readonly size: number
  readonly offset: number
  readonly count: number
  /** See `windowOf`. */
  readonly window: number
}

/**
 * Within so many units of text all pieces of a part must stand: in more of them, each is there by chance. Digits and hex digits have
 * few groups of five.
 */
export function windowOf(part: string): number {
  if (/^\d*$/.test(part)) return 4_096
  if (/^[\da-f-]*$/i.test(part)) return 16_384
  return part.length < 20 ? 65_536 : 1_048_576
}

/** Finds pieces of secret parts that are too short to be runs of them, in folded text: all of them in one message say the whole. */
export class PieceIndex {
  readonly #parts: readonly (SecretPart & {
    readonly units: Uint8Array
    readonly window: number
  })[]
  readonly #meter: Meter
  readonly #grams: GramTable

  constructor(parts: readonly SecretPart[], meter: Meter) {
    this.#meter = meter
    this.#parts = parts
      .map((part) => ({ ...part, units: folded(part.text), window: windowOf(part.text) }))
      .filter(({ units }) => units.length >= SHORTEST_PART)
    this.#grams = new GramTable(
      this.#parts.map(({ units }) => units),
      FOLDED_BITS,
    )
  }

  /**
   * Every piece, each as long as it goes, by where it stands.
   *
   * @throws BrokerError `redaction_failed` where text and values are made so that it would take too long.
   */
  find({ units, length }: FoldedText): Piece[] {
    const pieces: Piece[] = []
    const budget = new SearchBudget(length)
    this.#grams.forEach(units, length, (at, owner, offset) => {
      budget.spend(this.#compare(units, length, at, owner, offset, pieces))
    })
    this.#meter.steps += budget.steps + length
    return pieces
  }

  #compare(
    text: Uint8Array,
    length: number,
    at: number,
    owner: number,
    offset: number,
    pieces: Piece[],
  ): number {
    const part = this.#parts[owner]
    if (part === undefined) return 1
    const { units, name, window } = part
    let count = 0
    while (
      at + count < length &&
      offset + count < units.length &&
      units[offset + count] === text[at + count]
    ) {
      count++
    }
    // One that goes on to the left was seen from an earlier place.
    const seen = at > 0 && offset > 0 && units[offset - 1] === text[at - 1]
    if (count >= PIECE && !seen) {
      const size = units.length
      pieces.push({ first: at, length: count, name, part: part.text, size, offset, count, window })
    }
    return count + 1
  }
}
