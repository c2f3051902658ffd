import type { Meter, Occurrences, PatternPool } from './pattern.ts'

/** The longest pattern that belongs here. */
export const SHORT_LENGTH = 3

/** Finds patterns of one to three code units: at most three look-ups for each character. */
export class ShortPatterns {
  readonly #ids = new Map<string, number>()
  /** By the low byte of a first code unit: bit n is set where a pattern of n units starts so. */
  readonly #first = new Uint8Array(256)

  constructor(pool: PatternPool, ids: readonly number[]) {
    for (const id of ids) {
      const text = pool.patterns[id]?.text ?? ''
      this.#ids.set(text, id)
      const low = text.charCodeAt(0) & 255
      this.#first[low] = (this.#first[low] ?? 0) | (1 << text.length)
    }
  }

  /** Adds the longest pattern at each start to `found`. */
  scan(text: string, found: Occurrences, meter: Meter): void {
    for (let start = 0; start < text.length; start++) {
      const lengths = this.#first[text.charCodeAt(start) & 255] ?? 0
      if (lengths === 0) continue
      for (let length = SHORT_LENGTH; length > 0; length--) {
        if ((lengths & (1 << length)) === 0) continue
        meter.steps++
        const id = this.#ids.get(text.slice(start, start + length))
        if (id === undefined) continue
        found.push(start, id)
        break
      }
    }
    meter.steps += text.length
  }
}
