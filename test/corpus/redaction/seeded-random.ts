import { createHash } from 'node:crypto'

/** Random data that is the same in every run: SHA-256 in counter mode over a seed. */
export class SeededRandom {
  readonly #seed: string
  #counter = 0
  #left = Buffer.alloc(0)

  constructor(seed: string) {
    this.#seed = seed
  }

  bytes(count: number): Buffer {
    while (this.#left.length < count) {
      const block = createHash('sha256').update(`${this.#seed}/${this.#counter}`).digest()
      this.#counter++
      this.#left = Buffer.concat([this.#left, block])
    }
    const bytes = Buffer.from(this.#left.subarray(0, count))
    this.#left = this.#left.subarray(count)
    return bytes
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Number(this.bytes(6).readUIntBE(0, 6) % limit)
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)]
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }

  text(length: number, alphabet: string): string {
    const characters = [...alphabet]
    return Array.from({ length }, () => this.pick(characters)).join('')
  }
}
