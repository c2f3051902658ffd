/** A text made of another one, and which part of that one each place in it came from. */
export interface MappedText {
  readonly text: string
  /** The span of the original text that `start` to `end` of this one came from. */
  span(start: number, end: number): { readonly start: number; readonly end: number }
}

/** Collects pieces of a mapped text. */
export class MappedTextBuilder {
  #text = ''
  #starts: Int32Array
  #ends: Int32Array
  #length = 0

  /** @param most how many units it will have at most, if that is known. */
  constructor(most = 256) {
    this.#starts = new Int32Array(most)
    this.#ends = new Int32Array(most)
  }

  /** Adds a text that came from `start` to `end` of the original. */
  add(text: string, start: number, end: number): void {
    this.#room(text.length)
    this.#text += text
    for (let i = 0; i < text.length; i++) {
      this.#starts[this.#length] = start
      this.#ends[this.#length++] = end
    }
  }

  /** Adds what stands unchanged from `start` to `end` of the original. */
  copy(original: string, start: number, end: number): void {
    if (start >= end) return
    this.#room(end - start)
    this.#text += original.slice(start, end)
    for (let i = start; i < end; i++) {
      this.#starts[this.#length] = i
      this.#ends[this.#length++] = i + 1
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

  #room(more: number): void {
    const size = this.#length + more
    if (size <= this.#starts.length) return
    const [starts, ends] = [this.#starts, this.#ends]
    this.#starts = new Int32Array(size * 2)
    this.#ends = new Int32Array(size * 2)
    this.#starts.set(starts)
    this.#ends.set(ends)
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
