/** Spans of a text, merged where they touch, that can be asked in logarithmic time. */
export class Spans {
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  constructor(spans: Iterable<{ readonly start: number; readonly end: number }>) {
    const sorted = [...spans].sort((a, b) => a.start - b.start)
    for (const { start, end } of sorted) {
      const last = this.#ends.length - 1
      if (last >= 0 && start <= (this.#ends[last] ?? 0)) {
        this.#ends[last] = Math.max(this.#ends[last] ?? 0, end)
      } else {
        this.#starts.push(start)
        this.#ends.push(end)
      }
    }
  }

  /** True where all of it lies in one of them. */
  cover(start: number, end: number): boolean {
    const index = this.#last(start)
    return index >= 0 && end <= (this.#ends[index] ?? 0)
  }

  /** True where some of it lies in one of them. */
  touch(start: number, end: number): boolean {
    const index = this.#last(end - 1)
    return index >= 0 && start < (this.#ends[index] ?? 0)
  }

  /** The text with spaces in their place. */
  blanked(text: string): string {
    let out = ''
    let at = 0
    for (const [index, start] of this.#starts.entries()) {
      const end = this.#ends[index] ?? start
      out += text.slice(at, start) + ' '.repeat(end - start)
      at = end
    }
    return out + text.slice(at)
  }

  /** The last one that begins at a place or before it; -1 where there is none. */
  #last(place: number): number {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#starts[middle] ?? 0) <= place) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
