import type { Meter, Occurrences, PatternPool } from './pattern.ts'

/** Characters that are looked at together. */
const BLOCK = 3
/** The longest shift that fits the table; a window longer than that gains nothing. */
const LONGEST_WINDOW = 200
/** Comparisons that are paid per character before the scan gives up; ordinary text needs well under one. */
const STEPS_PER_UNIT = 4
const FREE_STEPS = 4_096

/**
 * Multi-pattern search by Wu and Manber ("A fast algorithm for multi-pattern searching", 1994) over UTF-16 code units:
 * it jumps by up to the length of the shortest pattern. Measured against Buffers: `charCodeAt` on V8's one-byte strings is
 * as fast as a byte array, and spares the copy, which for short strings costs 20 times the scan.
 */
export class WuManber {
  readonly #pool: PatternPool
  readonly #window: number
  readonly #mask: number
  readonly #shift: Uint8Array
  /** By hash of a window's last block: first pattern; then `#next`. Longest first. */
  readonly #head: Int32Array
  readonly #next: Int32Array

  /** @param ids patterns of at least three code units. */
  constructor(pool: PatternPool, ids: readonly number[]) {
    const { offsets, lengths, units } = pool
    this.#pool = pool
    const byLength = [...ids].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0))
    const window = Math.min(LONGEST_WINDOW, lengths[byLength[0] ?? 0] ?? BLOCK)
    const bits = ids.length < 200 ? 16 : 18
    this.#window = window
    this.#mask = (1 << bits) - 1
    this.#shift = new Uint8Array(1 << bits).fill(window - BLOCK + 1)
    this.#head = new Int32Array(1 << bits).fill(-1)
    this.#next = new Int32Array(lengths.length).fill(-1)
    for (const id of byLength) {
      const from = offsets[id] ?? 0
      for (let i = 0; i + BLOCK <= window; i++) {
        const at = from + i
        const a = units[at] ?? 0
        const b = units[at + 1] ?? 0
        const c = units[at + 2] ?? 0
        const hash = ((a << 12) ^ (b << 6) ^ c) & this.#mask
        const shift = window - BLOCK - i
        if (shift < (this.#shift[hash] ?? 0)) this.#shift[hash] = shift
        if (shift === 0) {
          this.#next[id] = this.#head[hash] ?? -1
          this.#head[hash] = id
        }
      }
    }
  }

  /**
   * Adds what it finds to `found`, by start. False where the input costs more than a few comparisons per character (patterns
   * that share a long prefix, on text that repeats it): the caller then asks `AhoCorasick`, whose work is linear.
   */
  scan(text: string, found: Occurrences, meter: Meter): boolean {
    const { offsets, lengths, units, patterns } = this.#pool
    const window = this.#window
    const mask = this.#mask
    const shifts = this.#shift
    const head = this.#head
    const next = this.#next
    const length = text.length
    const budget = length * STEPS_PER_UNIT + FREE_STEPS
    let steps = 0
    let end = window - 1
    while (end < length) {
      const hash =
        ((text.charCodeAt(end - 2) << 12) ^
          (text.charCodeAt(end - 1) << 6) ^
          text.charCodeAt(end)) &
        mask
      const shift = shifts[hash] ?? 0
      if (shift !== 0) {
        end += shift
        continue
      }
      const start = end - window + 1
      let plain = false
      let edged = false
      for (let id = head[hash] ?? -1; id >= 0; id = next[id] ?? -1) {
        const size = lengths[id] ?? 0
        steps++
        if (start + size > length) continue
        const from = offsets[id] ?? 0
        let i = 0
        while (i < size && units[from + i] === text.charCodeAt(start + i)) i++
        steps += i
        if (i < size) continue
        const edges = patterns[id]?.edges === true
        if (edges ? edged : plain) continue
        if (edges) edged = true
        else plain = true
        found.push(start, id)
        if (edged && plain) break
      }
      if (steps > budget) {
        meter.steps += steps
        return false
      }
      end++
    }
    meter.steps += steps + length
    return true
  }
}
