import type { Meter, PatternPool } from './pattern.ts'

/** Comparisons that are paid per character before everything that is left counts as a possible start. */
const STEPS_PER_UNIT = 64
const FREE_STEPS = 4_096

/** Says where in a text a pattern may have begun that the text does not end. */
export class PrefixIndex {
  readonly #sorted: readonly string[]
  readonly #longest: number

  constructor(pool: PatternPool) {
    this.#sorted = pool.patterns.map(({ text }) => text).sort(byUnits)
    this.#longest = pool.lengths.reduce((a, b) => Math.max(a, b), 0)
  }

  /**
   * The first place from which the rest of the text is the start of a longer pattern; its length where there is none. Where
   * that is too much work it is an earlier place, which is as safe.
   */
  firstPrefix(text: string, meter: Meter): number {
    const first = Math.max(0, text.length - this.#longest + 1)
    const budget = (text.length - first) * STEPS_PER_UNIT + FREE_STEPS
    let steps = 0
    for (let start = first; start < text.length; start++) {
      const found = this.#startsPattern(text, start)
      steps += found.steps
      if (found.is || steps > budget) {
        meter.steps += steps
        return start
      }
    }
    meter.steps += steps
    return text.length
  }

  /** Binary search for the first pattern that is not before the text's rest. */
  #startsPattern(text: string, start: number): { is: boolean; steps: number } {
    const size = text.length - start
    let low = 0
    let high = this.#sorted.length
    let steps = 0
    while (low < high) {
      const middle = (low + high) >> 1
      const pattern = this.#sorted[middle] ?? ''
      let i = 0
      while (
        i < size &&
        i < pattern.length &&
        pattern.charCodeAt(i) === text.charCodeAt(start + i)
      ) {
        i++
      }
      steps += i + 1
      if (i === size && pattern.length > size) return { is: true, steps }
      const before =
        i < size && (i === pattern.length || pattern.charCodeAt(i) < text.charCodeAt(start + i))
      // A pattern equal to the rest is passed over: a longer one stands after it.
      if (before || i === size) low = middle + 1
      else high = middle
    }
    return { is: false, steps }
  }
}

function byUnits(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
