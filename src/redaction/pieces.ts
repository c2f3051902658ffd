import { BrokerError } from '../core/errors.ts'
import { type FoldedText, folded } from './folded-text.ts'
import type { SecretPart } from './form-index.ts'
import type { Meter } from './pattern.ts'

/** Folded units in a row that count as a piece of a value. Fewer stand in any text. */
export const PIECE = 5
/** Two pieces make the shortest part that can be put together again. */
const SHORTEST_PART = 2 * PIECE

const MIX = 0x9e3779b1
const STEPS_PER_UNIT = 64
const FREE_STEPS = 1_000_000

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
  readonly #bits: Uint8Array
  readonly #bitShift: number
  readonly #head: Int32Array
  readonly #headShift: number
  readonly #next: Int32Array
  readonly #partOf: Int32Array
  readonly #offsetOf: Int32Array

  constructor(parts: readonly SecretPart[], meter: Meter) {
    this.#meter = meter
    this.#parts = parts
      .map((part) => ({ ...part, units: folded(part.text), window: windowOf(part.text) }))
      .filter(({ units }) => units.length >= SHORTEST_PART)
    const grams = this.#parts.reduce((sum, { units }) => sum + units.length - PIECE + 1, 0)
    const bits = Math.min(22, Math.max(13, Math.ceil(Math.log2(grams * 24 + 1))))
    this.#bits = new Uint8Array(1 << (bits - 3))
    this.#bitShift = 32 - bits
    const slots = Math.min(20, Math.max(8, Math.ceil(Math.log2(grams * 2 + 1))))
    this.#head = new Int32Array(1 << slots).fill(-1)
    this.#headShift = 32 - slots
    this.#next = new Int32Array(grams)
    this.#partOf = new Int32Array(grams)
    this.#offsetOf = new Int32Array(grams)
    let gram = 0
    for (const [part, { units }] of this.#parts.entries()) {
      for (let offset = 0; offset + PIECE <= units.length; offset++) {
        const hash = hashOf(units, offset)
        const bit = hash >>> this.#bitShift
        this.#bits[bit >>> 3] = (this.#bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
        const slot = hash >>> this.#headShift
        this.#next[gram] = this.#head[slot] ?? -1
        this.#head[slot] = gram
        this.#partOf[gram] = part
        this.#offsetOf[gram] = offset
        gram++
      }
    }
  }

  /**
   * Every piece, each as long as it goes, by where it stands.
   *
   * @throws BrokerError `redaction_failed` where text and values are made so that it would take too long.
   */
  find({ units, length }: FoldedText): Piece[] {
    const pieces: Piece[] = []
    const bits = this.#bits
    const shift = this.#bitShift
    const budget = length * STEPS_PER_UNIT + FREE_STEPS
    let steps = 0
    let key = 0
    for (let i = 0; i < length; i++) {
      key = (key >>> 6) | ((units[i] ?? 0) << 24)
      if (i < PIECE - 1) continue
      const hash = Math.imul(key, MIX)
      const bit = hash >>> shift
      if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue
      const at = i - PIECE + 1
      for (let gram = this.#head[hash >>> this.#headShift] ?? -1; gram >= 0; ) {
        steps += this.#compare(units, length, at, gram, pieces)
        gram = this.#next[gram] ?? -1
      }
      if (steps > budget) {
        throw new BrokerError('redaction_failed', 'the search for parts of values took too long')
      }
    }
    this.#meter.steps += steps + length
    return pieces
  }

  #compare(text: Uint8Array, length: number, at: number, gram: number, pieces: Piece[]): number {
    const part = this.#parts[this.#partOf[gram] ?? 0]
    if (part === undefined) return 1
    const { units, name, window } = part
    const offset = this.#offsetOf[gram] ?? 0
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

function hashOf(units: Uint8Array, at: number): number {
  let key = 0
  for (let i = 0; i < PIECE; i++) key |= (units[at + i] ?? 0) << (6 * i)
  return Math.imul(key, MIX)
}
