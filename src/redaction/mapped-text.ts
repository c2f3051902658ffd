/** A text made of another one, and which part of that one each place in it came from. */
export interface MappedText {
  readonly text: string
  /** The span of the original text that `start` to `end` of this one came from. */
  span(start: number, end: number): { readonly start: number; readonly end: number }
}

/** Collects pieces of a mapped text. */
export class MappedTextBuilder {
  #text = ''
  /** Where each piece begins in the new text, and where it came from; one that was copied has a place for each of its units. */
  readonly #places: number[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #copied: boolean[] = []

  /** Adds a text that came from `start` to `end` of the original. */
  add(text: string, start: number, end: number): void {
    if (text !== '') this.#add(text, start, end, false)
  }

  /** Adds what stands unchanged from `start` to `end` of the original. */
  copy(original: string, start: number, end: number): void {
    if (start < end) this.#add(original.slice(start, end), start, end, true)
  }

  build(): MappedText {
    return {
      text: this.#text,
      span: (start, end) => ({ start: this.#place(start).start, end: this.#place(end - 1).end }),
    }
  }

  #add(text: string, start: number, end: number, copied: boolean): void {
    this.#places.push(this.#text.length)
    this.#starts.push(start)
    this.#ends.push(end)
    this.#copied.push(copied)
    this.#text += text
  }

  /** Where one unit of the new text came from. */
  #place(unit: number): { readonly start: number; readonly end: number } {
    let low = 0
    let high = this.#places.length
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if ((this.#places[middle] ?? 0) <= unit) low = middle
      else high = middle
    }
    const start = this.#starts[low] ?? 0
    if (this.#copied[low] !== true) return { start, end: this.#ends[low] ?? 0 }
    const place = start + unit - (this.#places[low] ?? 0)
    return { start: place, end: place + 1 }
  }
}

/** A text of which every finding stands for all of what it was made of. */
export function wholeOf(text: string, start: number, end: number): MappedText {
  return { text, span: () => ({ start, end }) }
}

/** A text that came from `start` to `end` of another, turned around or with other letters, one for one. */
export function turnedOf(text: string, start: number, end: number, backwards: boolean): MappedText {
  return {
    text,
    span: (from, to) =>
      backwards ? { start: end - to, end: end - from } : { start: start + from, end: start + to },
  }
}
