import type { Match } from './match.ts'

/** What stands beside a value that is part of a longer word. */
const WORD = /[\p{L}\p{N}_]/u

/** Finds values whose redaction is relaxed to whole words: as they are written, and nothing else. */
export class ExactWords {
  readonly #names: ReadonlyMap<string, string>
  readonly #any: RegExp

  /** @param names by value: the secret that it is named after. */
  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names
    const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length)
    this.#any = new RegExp(
      longestFirst.map((word) => word.replaceAll(/[^\p{L}\p{N}_]/gu, escaped)).join('|'),
      'gu',
    )
  }

  find(text: string): Match[] {
    const matches: Match[] = []
    for (const match of text.matchAll(this.#any)) {
      const start = match.index
      const end = start + match[0].length
      if (isWordBefore(text, start) || isWordAfter(text, end)) continue
      matches.push({ start, end, name: this.#names.get(match[0]) ?? '', part: null })
    }
    return matches
  }
}

function isWordBefore(text: string, at: number): boolean {
  const low = text.charCodeAt(at - 1)
  const from = (low & 0xfc00) === 0xdc00 ? at - 2 : at - 1
  return at > 0 && WORD.test(text.slice(Math.max(0, from), at))
}

function isWordAfter(text: string, at: number): boolean {
  return at < text.length && WORD.test(String.fromCodePoint(text.codePointAt(at) ?? 0))
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
