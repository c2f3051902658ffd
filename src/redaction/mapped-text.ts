/** A text made of another one, and which part of that one each place in it came from. */
export interface MappedText {
  readonly text: string
  /** The span of the original text that `start` to `end` of this one came from. */
  span(start: number, end: number): { readonly start: number; readonly end: number }
}

/** Collects pieces of a mapped text. */
export class MappedTextBuilder {
  #text = ''
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** Adds a text that came from `start` to `end` of the original. */
  add(text: string, start: number, end: number): void {
    this.#text += text
    for (let i = 0; i < text.length; i++) {
      this.#starts.push(start)
      this.#ends.push(end)
    }
  }

  /** Adds what stands unchanged from `start` to `end` of the original. */
  copy(original: string, start: number, end: number): void {
    this.#text += original.slice(start, end)
    for (let i = start; i < end; i++) {
      this.#starts.push(i)
      this.#ends.push(i + 1)
    }
  }

  build(): MappedText {
    const starts = this.#starts
    const ends = this.#ends
    return {
      text: this.#text,
      span: (start, end) => ({ start: starts[start] ?? 0, end: ends[end - 1] ?? 0 }),
    }
  }
}

/** A text of which every finding stands for all of what it was made of. */
export function wholeOf(text: string, start: number, end: number): MappedText {
  return { text, span: () => ({ start, end }) }
}
