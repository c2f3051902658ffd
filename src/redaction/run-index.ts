import { BrokerError } from '../core/errors.ts'
import type { SecretPart } from './form-index.ts'
import type { Meter } from './pattern.ts'
import { shortestRun } from './spread-forms.ts'
import { withUnits } from './text-units.ts'

/** Characters that are looked at together, at every fourth place: a run of eight holds such a group there. */
const GRAM = 5
const STRIDE = 4
const MIX = 0x9e3779b1
const STEPS_PER_UNIT = 64
const FREE_STEPS = 1_000_000

/** Consecutive characters of a secret part, as many as count. */
export interface Run {
  readonly start: number
  readonly end: number
  readonly name: string
}

/** Finds runs of the secret parts of many values as they are written, by the groups of five characters that they have. */
export class RunIndex {
  readonly #parts: readonly (SecretPart & { readonly least: number })[]
  readonly #shift: number
  readonly #head: Int32Array
  readonly #next: Int32Array
  readonly #partOf: Int32Array
  readonly #offsetOf: Int32Array
  readonly #meter: Meter

  constructor(parts: readonly SecretPart[], meter: Meter) {
    this.#meter = meter
    this.#parts = parts.flatMap((part) => {
      const least = shortestRun(part.text)
      return least === null ? [] : [{ ...part, least }]
    })
    const grams = this.#parts.reduce((sum, { text }) => sum + text.length - GRAM + 1, 0)
    const bits = Math.min(22, Math.max(12, Math.ceil(Math.log2(grams * 8 + 1))))
    this.#shift = 32 - bits
    this.#head = new Int32Array(1 << bits).fill(-1)
    this.#next = new Int32Array(grams)
    this.#partOf = new Int32Array(grams)
    this.#offsetOf = new Int32Array(grams)
    let gram = 0
    for (const [index, { text }] of this.#parts.entries()) {
      for (let offset = 0; offset + GRAM <= text.length; offset++) {
        const slot = hashAt(text, offset) >>> this.#shift
        this.#next[gram] = this.#head[slot] ?? -1
        this.#head[slot] = gram
        this.#partOf[gram] = index
        this.#offsetOf[gram] = offset
        gram++
      }
    }
  }

  /**
   * Every run in the text, each as long as it goes.
   *
   * @throws BrokerError `redaction_failed` where text and values are made so that it would take too long.
   */
  find(text: string): Run[] {
    return withUnits(text, (units) => this.findIn(text, units))
  }

  /** The same, where the code units of the text are at hand. */
  findIn(text: string, units: Uint16Array): Run[] {
    const runs: Run[] = []
    const head = this.#head
    const shift = this.#shift
    const budget = text.length * STEPS_PER_UNIT + FREE_STEPS
    let steps = 0
    for (let at = 0; at + GRAM <= text.length; at += STRIDE) {
      for (let gram = head[hashOf(units, at) >>> shift] ?? -1; gram >= 0; ) {
        steps += this.#compare(text, at, gram, runs)
        gram = this.#next[gram] ?? -1
        if (steps > budget) {
          throw new BrokerError('redaction_failed', 'the search for parts of values took too long')
        }
      }
    }
    this.#meter.steps += steps + text.length
    return runs
  }

  #compare(text: string, at: number, gram: number, runs: Run[]): number {
    const part = this.#parts[this.#partOf[gram] ?? 0]
    if (part === undefined) return 1
    const offset = this.#offsetOf[gram] ?? 0
    let right = 0
    while (
      offset + right < part.text.length &&
      part.text.charCodeAt(offset + right) === text.charCodeAt(at + right)
    ) {
      right++
    }
    if (right < GRAM) return right + 1
    let left = 0
    while (
      left < Math.min(at, offset) &&
      part.text.charCodeAt(offset - left - 1) === text.charCodeAt(at - left - 1)
    ) {
      left++
    }
    // One that goes on to the left was seen from an earlier place.
    const seen = left >= STRIDE && left + right >= part.least
    if (left + right >= part.least && !seen) {
      runs.push({ start: at - left, end: at + right, name: part.name })
    }
    return left + right + 1
  }
}

function hashAt(text: string, at: number): number {
  let hash = text.charCodeAt(at)
  for (let i = 1; i < GRAM; i++) hash = Math.imul(hash, 0x01000193) ^ text.charCodeAt(at + i)
  return Math.imul(hash, MIX)
}

/** As `hashAt`. */
function hashOf(units: Uint16Array, at: number): number {
  let hash = units[at] ?? 0
  hash = Math.imul(hash, 0x01000193) ^ (units[at + 1] ?? 0)
  hash = Math.imul(hash, 0x01000193) ^ (units[at + 2] ?? 0)
  hash = Math.imul(hash, 0x01000193) ^ (units[at + 3] ?? 0)
  hash = Math.imul(hash, 0x01000193) ^ (units[at + 4] ?? 0)
  return Math.imul(hash, MIX)
}
