/** A shorter text is searched as fast as it is looked up. */
const SHORTEST = 8
/** A longer one is hardly ever met twice. */
const LONGEST = 1_000_000
/** In UTF-16 code units, of all texts together. */
const MOST = 4_000_000

/**
 * Texts in which nothing was found: an answer is looked at in the broker and again at the transport, mostly unchanged. It holds for
 * the values that were known; where another is registered, one begins anew.
 */
export class CleanTexts {
  readonly #texts = new Set<string>()
  #size = 0

  has(text: string): boolean {
    return text.length >= SHORTEST && this.#texts.has(text)
  }

  add(text: string): void {
    if (text.length < SHORTEST || text.length > LONGEST || this.#texts.has(text)) return
    this.#texts.add(text)
    this.#size += text.length
    for (const oldest of this.#texts) {
      if (this.#size <= MOST) return
      this.#texts.delete(oldest)
      this.#size -= oldest.length
    }
  }
}
