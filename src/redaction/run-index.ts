import { BrokerError } from '../core/errors.ts'
import type { SecretPart } from './form-index.ts'
import type { Meter } from './pattern.ts'
import { shortestRun } from './spread-forms.ts'

/** The shortest run there is; see `shortestRun`. */
const SHORTEST_RUN = 8

const FACTOR = 0x01000193
/** `FACTOR ** 7`, modulo 2 ** 32: the weight of the character that leaves the window of eight. */
const LEAVING = powerOf(FACTOR, SHORTEST_RUN - 1)

const STEPS_PER_UNIT = 64
const FREE_STEPS = 1_000_000

/** Consecutive characters of a secret part, as many as count. */
export interface Run {
  readonly start: number
  readonly end: number
  readonly name: string
}

/** Finds runs of the secret parts of many values, by every group of eight characters that they have. */
export class RunIndex {
  readonly #parts: readonly (SecretPart & { readonly least: number })[]
  readonly #mask: number
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
    const grams = this.#parts.reduce((sum, { text }) => sum + text.length - SHORTEST_RUN + 1, 0)
    const slots = 2 ** Math.max(12, Math.ceil(Math.log2(grams * 4 + 1)))
    this.#mask = slots - 1
    this.#head = new Int32Array(slots).fill(-1)
    this.#next = new Int32Array(grams)
    this.#partOf = new Int32Array(grams)
    this.#offsetOf = new Int32Array(grams)
    let gram = 0
    for (const [index, { text }] of this.#parts.entries()) {
      forEachGram(text, (hash, offset) => {
        const slot = (hash ^ (hash >>> 15)) & this.#mask
        this.#next[gram] = this.#head[slot] ?? -1
        this.#head[slot] = gram
        this.#partOf[gram] = index
        this.#offsetOf[gram] = offset
        gram++
      })
    }
  }

  /**
   * Every run in the text, each as long as it goes.
   *
   * @throws BrokerError `redaction_failed` where text and values are made so that it would take too long.
   */
  find(text: string): Run[] {
    const runs: Run[] = []
    const budget = text.length * STEPS_PER_UNIT + FREE_STEPS
    let steps = 0
    forEachGram(text, (hash, start) => {
      const slot = (hash ^ (hash >>> 15)) & this.#mask
      for (let gram = this.#head[slot] ?? -1; gram >= 0; gram = this.#next[gram] ?? -1) {
        const part = this.#parts[this.#partOf[gram] ?? 0]
        const offset = this.#offsetOf[gram] ?? 0
        if (part === undefined) continue
        steps++
        // One that goes on to the left was seen from its first characters.
        const inside =
          start > 0 && offset > 0 && part.text.charCodeAt(offset - 1) === text.charCodeAt(start - 1)
        if (inside) continue
        let length = 0
        while (
          offset + length < part.text.length &&
          part.text.charCodeAt(offset + length) === text.charCodeAt(start + length)
        ) {
          length++
        }
        steps += length
        if (length >= part.least) runs.push({ start, end: start + length, name: part.name })
      }
      if (steps > budget) {
        throw new BrokerError('redaction_failed', 'the search for parts of values took too long')
      }
    })
    this.#meter.steps += steps + text.length
    return runs
  }
}

/** Calls `visit` with a hash of each group of eight characters and where it starts. */
function forEachGram(text: string, visit: (hash: number, start: number) => void): void {
  let hash = 0
  for (let i = 0; i < text.length; i++) {
    if (i >= SHORTEST_RUN) {
      hash = (hash - Math.imul(text.charCodeAt(i - SHORTEST_RUN), LEAVING)) | 0
    }
    hash = (Math.imul(hash, FACTOR) + text.charCodeAt(i)) | 0
    if (i >= SHORTEST_RUN - 1) visit(hash, i - SHORTEST_RUN + 1)
  }
}

function powerOf(base: number, exponent: number): number {
  let power = 1
  for (let i = 0; i < exponent; i++) power = Math.imul(power, base)
  return power
}
