/** Spreads the bits of a key over those of its hash. */
export const MIX = 0x9e3779b1

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
    const places = placesOf(hash)
    const bits = (1 << places) | (1 << (places >>> 5)) | (1 << (places >>> 10))
    this.#words[word] = (this.#words[word] ?? 0) | bits
  }

  /** False for a hash that was not added; true for all others and for some that were not. */
  mayHave(hash: number): boolean {
    return (this.#bitsOf(hash) & 1) !== 0
  }

  /** True where `mayHave` is for any of four hashes. */
  mayHaveAny(a: number, b: number, c: number, d: number): boolean {
    const any = this.#bitsOf(a) | this.#bitsOf(b) | this.#bitsOf(c) | this.#bitsOf(d)
    return (any & 1) !== 0
  }

  /** A number whose lowest bit is set where all three of a hash are. */
  #bitsOf(hash: number): number {
    const word = this.#words[hash >>> this.#shift] ?? 0
    const places = placesOf(hash)
    return (word >>> places) & (word >>> (places >>> 5)) & (word >>> (places >>> 10))
  }
}

/** Three places in a word, of five bits each (a shift takes no more of them). */
function placesOf(hash: number): number {
  // The low bits of a product are those of its factors.
  return hash ^ (hash >>> 15)
}
