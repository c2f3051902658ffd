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
export class CleanTexts<T> {
  readonly #texts = new Map<string, T>()
  #size = 0

  /** What was noted of a text; undefined where it is not known to be clean. */
  get(text: string): T | undefined {
    return text.length < SHORTEST ? undefined : this.#texts.get(text)
  }

  add(text: string, note: T): void {
    if (text.length < SHORTEST || text.length > LONGEST || this.#texts.has(text)) return
    this.#texts.set(text, note)
    this.#size += text.length
    for (const oldest of this.#texts.keys()) {
      if (this.#size <= MOST) return
      this.#texts.delete(oldest)
      this.#size -= oldest.length
    }
  }
}
