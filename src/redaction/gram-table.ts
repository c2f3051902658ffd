import { BrokerError } from '../core/errors.ts'

/** Spreads the bits of a key over those of its hash. */
export const MIX = 0x9e3779b1

const STEPS_PER_UNIT = 64
const FREE_STEPS = 1_000_000

/**
 * Says which hashes may have been added: a Bloom filter whose bits for one hash lie in one word, so that it costs one access to memory
 * (Putze, Sanders, Singler, "Cache-, hash- and space-efficient Bloom filters", 2007). To look a hash up behind it takes several, each
 * as long as a hundred units of text in here.
 */
export class HashFilter {
  readonly #words: Int32Array
  readonly #shift: number

  /** @param bits how many there are for all hashes, as a power of two. */
  constructor(bits: number) {
    this.#words = new Int32Array(1 << (bits - 5))
    this.#shift = 32 - (bits - 5)
  }

  add(hash: number): void {
    const word = hash >>> this.#shift
    this.#words[word] = (this.#words[word] ?? 0) | maskOf(hash)
  }

  /** False for a hash that was not added; true for all others and for some that were not. */
  mayHave(hash: number): boolean {
    const mask = maskOf(hash)
    return ((this.#words[hash >>> this.#shift] ?? 0) & mask) === mask
  }
}

/** Three bits of a word. */
function maskOf(hash: number): number {
  // The low bits of a product are those of its factors.
  const mixed = hash ^ (hash >>> 15)
  return (1 << mixed) | (1 << (mixed >>> 5)) | (1 << (mixed >>> 10))
}

/** Bits for each group: few of those that no text has may pass. */
const BITS_PER_GRAM = 24

/** The comparisons that a search may make in a text of so many units. */
export class SearchBudget {
  readonly #most: number
  #steps = 0

  constructor(length: number) {
    this.#most = length * STEPS_PER_UNIT + FREE_STEPS
  }

  get steps(): number {
    return this.#steps
  }

  /** @throws BrokerError `redaction_failed` where text and values are made so that it would take too long. */
  spend(steps: number): void {
    this.#steps += steps
    if (this.#steps > this.#most) {
      throw new BrokerError('redaction_failed', 'the search for parts of values took too long')
    }
  }
}

/** Says by the hash of a group of units which texts have it, and where: a filter, and behind it a list. */
export class GramTable {
  readonly #filter: HashFilter
  readonly #head: Int32Array
  readonly #headShift: number
  readonly #next: Int32Array
  readonly #hashes: Int32Array
  readonly #ownerOf: Int32Array
  readonly #offsetOf: Int32Array

  /** @param hashes of the groups of each text, in their order. */
  constructor(hashes: readonly Int32Array[]) {
    const grams = hashes.reduce((sum, { length }) => sum + length, 0)
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
    for (const [owner, own] of hashes.entries()) {
      for (const [offset, hash] of own.entries()) {
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

  /** The first group that has a hash; -1 where none has. */
  first(hash: number): number {
    if (!this.#filter.mayHave(hash)) return -1
    return this.#same(this.#head[hash >>> this.#headShift] ?? -1, hash)
  }

  /** The next one of the same hash after a group; -1 after the last. */
  next(gram: number): number {
    return this.#same(this.#next[gram] ?? -1, this.#hashes[gram] ?? 0)
  }

  #same(first: number, hash: number): number {
    let gram = first
    while (gram >= 0 && this.#hashes[gram] !== hash) gram = this.#next[gram] ?? -1
    return gram
  }

  /** Which text a group is of, and where in it. */
  ownerOf(gram: number): number {
    return this.#ownerOf[gram] ?? 0
  }

  offsetOf(gram: number): number {
    return this.#offsetOf[gram] ?? 0
  }
}
