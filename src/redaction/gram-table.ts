import { HashFilter, MIX } from './hash-filter.ts'

/** Bits for each group: few of those that no text has may pass. */
const BITS_PER_GRAM = 24

/** The units of a group lie in a key of 32 bits, the last one in the highest byte. */
const LAST = 24

/** Finds groups of units that texts have: a filter says for a group whether to look, and behind it are lists. */
export class GramTable {
  /** How many units a group has. */
  readonly size: number
  readonly #bitsEach: number
  readonly #filter: HashFilter
  readonly #head: Int32Array
  readonly #headShift: number
  readonly #next: Int32Array
  readonly #hashes: Int32Array
  readonly #ownerOf: Int32Array
  readonly #offsetOf: Int32Array

  /** @param bitsEach how many bits of a unit count, eight at most. */
  constructor(texts: readonly Uint8Array[], bitsEach: number) {
    this.#bitsEach = bitsEach
    this.size = Math.floor(LAST / bitsEach) + 1
    const grams = texts.reduce((sum, { length }) => sum + Math.max(0, length - this.size + 1), 0)
    const bits = Math.min(22, Math.max(13, Math.ceil(Math.log2(grams * BITS_PER_GRAM + 1))))
    this.#filter = new HashFilter(bits)
    const slots = Math.min(20, Math.max(8, Math.ceil(Math.log2(grams * 2 + 1))))
    this.#head = new Int32Array(1 << slots).fill(-1)
    this.#headShift = 32 - slots
    this.#next = new Int32Array(grams)
    this.#hashes = new Int32Array(grams)
    this.#ownerOf = new Int32Array(grams)
    this.#offsetOf = new Int32Array(grams)
    let gram = 0
    for (const [owner, units] of texts.entries()) {
      let key = 0
      for (const [at, unit] of units.entries()) {
        key = (key >>> bitsEach) | (unit << LAST)
        const offset = at - this.size + 1
        if (offset < 0) continue
        const hash = Math.imul(key, MIX)
        this.#filter.add(hash)
        const slot = hash >>> this.#headShift
        this.#next[gram] = this.#head[slot] ?? -1
        this.#head[slot] = gram
        this.#hashes[gram] = hash
        this.#ownerOf[gram] = owner
        this.#offsetOf[gram] = offset
        gram++
      }
    }
  }

  /**
   * Calls `visit` for each group of `units` with each group of a text that has the same hash: where in `units` it begins, which text has it,
   * and where in that.
   */
  forEach(
    units: Uint8Array,
    length: number,
    visit: (at: number, owner: number, offset: number) => void,
  ): void {
    const filter = this.#filter
    const bits = this.#bitsEach
    let key = 0
    let at = 0
    // Four at once, with one branch for all of them: it takes half the time.
    for (; at + 4 <= length; at += 4) {
      const a = (key >>> bits) | ((units[at] ?? 0) << LAST)
      const b = (a >>> bits) | ((units[at + 1] ?? 0) << LAST)
      const c = (b >>> bits) | ((units[at + 2] ?? 0) << LAST)
      key = (c >>> bits) | ((units[at + 3] ?? 0) << LAST)
      const hashA = Math.imul(a, MIX)
      const hashB = Math.imul(b, MIX)
      const hashC = Math.imul(c, MIX)
      const hashD = Math.imul(key, MIX)
      if (!filter.mayHaveAny(hashA, hashB, hashC, hashD)) continue
      this.#visitAll(at, hashA, visit)
      this.#visitAll(at + 1, hashB, visit)
      this.#visitAll(at + 2, hashC, visit)
      this.#visitAll(at + 3, hashD, visit)
    }
    for (; at < length; at++) {
      key = (key >>> bits) | ((units[at] ?? 0) << LAST)
      this.#visitAll(at, Math.imul(key, MIX), visit)
    }
  }

  #visitAll(
    last: number,
    hash: number,
    visit: (at: number, owner: number, offset: number) => void,
  ): void {
    const at = last - this.size + 1
    if (at < 0 || !this.#filter.mayHave(hash)) return
    let gram = this.#head[hash >>> this.#headShift] ?? -1
    for (; gram >= 0; gram = this.#next[gram] ?? -1) {
      if (this.#hashes[gram] !== hash) continue
      visit(at, this.#ownerOf[gram] ?? 0, this.#offsetOf[gram] ?? 0)
    }
  }
}
