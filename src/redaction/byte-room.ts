import { Buffer } from 'node:buffer'

/** A longer text gets room of its own, which is not kept. */
const LONGEST_KEPT = 1 << 20
const SHORTEST = 1 << 10

/** Room for bytes that are looked at once: to make it anew for each short text takes longer than to decode it. */
export class ByteRoom {
  #bytes = Buffer.alloc(0)

  /** At least so many bytes, with anything in them. INVARIANT: they are the next caller's as soon as it asks. */
  of(size: number): Buffer {
    if (size <= this.#bytes.length) return this.#bytes
    const bytes = Buffer.alloc(Math.max(size * 2, SHORTEST))
    if (size <= LONGEST_KEPT) this.#bytes = bytes
    return bytes
  }
}
