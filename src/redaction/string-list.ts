import { type MappedText, MappedTextBuilder } from './mapped-text.ts'
import { withinSegments } from './segment.ts'
import { rot13 } from './turns.ts'
import { SHORT_ESCAPES } from './unescape.ts'

/** Fewer strings in a row hold no part of a value. */
const FEWEST = 8

/** One string of a list: where what is between its quotes stands, and the character that this is. */
interface Element {
  readonly start: number
  readonly end: number
  readonly character: string
}

/**
 * What lists of strings of one character each (`"a", "b"` in JSON, `'a', 'b'` elsewhere) are together; escapes in them are decoded,
 * also where the list was put into ROT13 or turned around.
 */
export function stringListTexts(text: string): MappedText[] {
  const texts: MappedText[] = []
  for (const quote of ['"', "'"]) {
    const closing = `${quote},`
    for (let at = text.indexOf(closing); at >= 0; ) {
      const elements = elementsFrom(text, at, quote)
      const last = elements.at(-1)
      if (last !== undefined && elements.length >= FEWEST) texts.push(...together(text, elements))
      at = text.indexOf(closing, last === undefined ? at + 1 : last.end)
    }
  }
  return texts
}

/** The elements of a list of which the first may end at a quote; fewer than two where there is none. */
function elementsFrom(text: string, quoteAt: number, quote: string): Element[] {
  const elements: Element[] = []
  let end = quoteAt
  for (;;) {
    const start = nextStart(text, end, quote)
    if (start < 0) return elements
    const next = elementAt(text, start, quote)
    if (next === null) return elements
    if (elements.length === 0) elements.push(elementBefore(text, quoteAt))
    elements.push(next)
    end = next.end
  }
}

/** Where the string begins that follows the one that ends at a place, after a comma; -1 where none does. */
function nextStart(text: string, end: number, quote: string): number {
  const comma = skipSpace(text, end + 1)
  if (text[comma] !== ',') return -1
  const next = skipSpace(text, comma + 1)
  return text[next] === quote ? next + 1 : -1
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}

/** The character that stands from a place on up to a quote; null where it is more than one. */
function elementAt(text: string, start: number, quote: string): Element | null {
  for (const size of [1, 2, 6]) {
    const end = start + size
    if (text[end] !== quote) continue
    const character = characterOf(text.slice(start, end))
    if (character !== null) return { start, end, character }
  }
  return null
}

/** What the string before a quote ends with: the start of the list may be more than a string. */
function elementBefore(text: string, end: number): Element {
  const one = characterOf(text.slice(Math.max(0, end - 2), end))
  const start = Math.max(0, one === null ? end - 1 : end - 2)
  return { start, end, character: one ?? text.slice(start, end) }
}

/** The character that is written as this in a string of JSON; null where it is none. */
function characterOf(written: string): string | null {
  const [first = '', second = ''] = written
  switch (written.length) {
    case 1:
      return first === '\\' ? null : first
    case 2:
      if (first === '\\') return shortEscape(second)
      if (second === '\\') return shortEscape(first)
      return (written.codePointAt(0) ?? 0) > 0xffff ? written : null
    default:
      return pointOf(written)
  }
}

/** What a backslash and a letter stand for; that of an end of line or a tab also in ROT13. */
function shortEscape(letter: string): string {
  return SHORT_ESCAPES[letter] ?? SHORT_ESCAPES[rot13(letter)] ?? letter
}

/** What `\u0041` stands for, or `\h0041`, as which ROT13 leaves it. */
function pointOf(written: string): string | null {
  const digits = /^\\(?:u([0-9a-fA-F]{4})|h([0-9n-sN-S]{4}))$/.exec(written)
  if (digits === null) return null
  const plain = digits[1] ?? rot13(digits[2] ?? '')
  return String.fromCharCode(Number.parseInt(plain, 16))
}

/** The characters of the elements, in parts that lie in one segment each. */
function together(text: string, elements: readonly Element[]): MappedText[] {
  const start = elements[0]?.start ?? 0
  const end = elements.at(-1)?.end ?? 0
  let next = 0
  return withinSegments(text, start, end).map((part) => {
    const built = new MappedTextBuilder()
    for (let one = elements[next]; one !== undefined && one.start < part.end; ) {
      built.add(one.character, one.start, one.end)
      one = elements[++next]
    }
    return built.build()
  })
}
