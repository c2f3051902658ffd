import { Buffer } from 'node:buffer'
import { textFromBytes } from './byte-text.ts'
import { entity } from './entities.ts'
import { INVISIBLE, SHAPES } from './escape-places.ts'
import { type MappedText, MappedTextBuilder } from './mapped-text.ts'
import { rot13 } from './turns.ts'

/**
 * The text with its escapes decoded once: all of them, and where they are of several kinds, those of each kind alone, since what
 * looks like one (`=41`) may be none. Empty where it holds none.
 */
export function unescaped(text: string): MappedText[] {
  const escapes: Escape[] = []
  const kinds = new Set<string>()
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const found = escapeAt(text, at, unit < 128 ? kindOf[unit] : BEYOND)
    if (found === null) continue
    const { end, decoded, sign } = found
    if (decoded !== null) {
      kinds.add(sign)
      escapes.push({ start: at, end, decoded, sign })
    }
    at = end - 1
  }
  if (escapes.length === 0) return []
  const all = without(text, escapes)
  if (kinds.size === 1) return [all]
  const each = [...kinds].map((one) => escapes.filter(({ sign }) => sign === one))
  return [all, ...each.map((some) => without(text, some))]
}

/** What begins at a place, and what it stands for; null where nothing does. */
function escapeAt(
  text: string,
  at: number,
  first: EscapeKind | undefined,
): { readonly end: number; readonly decoded: string | null; readonly sign: string } | null {
  for (let kind = first; kind !== undefined; kind = kind.or) {
    kind.pattern.lastIndex = at
    const match = kind.pattern.exec(text)
    if (match === null) continue
    return { end: at + match[0].length, decoded: kind.decode(match), sign: kind.sign }
  }
  return null
}

interface Escape {
  readonly start: number
  readonly end: number
  readonly decoded: string
  /** Of its kind. */
  readonly sign: string
}

/** Escapes that begin with one unit. */
interface EscapeKind {
  /** The same for those that are decoded together when each kind is alone. */
  readonly sign: string
  readonly pattern: RegExp
  /** What a match of the pattern stands for; null where it is no escape. */
  decode(match: RegExpExecArray): string | null
  /** What else may begin with it. */
  readonly or?: EscapeKind
}

/** Also `%u0041`. */
const PERCENT: EscapeKind = {
  sign: '%',
  pattern: /((?:%[0-9a-fA-F]{2})+)|%u([0-9a-fA-F]{4})/y,
  decode: ([, octets, unit]) =>
    octets === undefined ? character(unit, 16) : bytes(octets.split('%').slice(1), 16),
}

/** Ends of line and tabs of JSON that were put into ROT13: by themselves, since the letter may be one of the text after all. */
const ROTATED_SHORT: EscapeKind = {
  sign: 'rotated',
  pattern: /\\([aeg])/y,
  decode: ([, letter = '']) => SHORT_ESCAPES[rot13(letter)] ?? null,
}

/** JSON and JavaScript: `\u0041`, `\u{41}`, `\U00000041`, `\x41`, octal, short ones, a doubled backslash; an end of line that is none. */
const BACKSLASH: EscapeKind = {
  sign: '\\',
  pattern:
    /\\u(?:\{0*([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))|\\U([0-9a-fA-F]{8})|((?:\\x[0-9a-fA-F]{2})+)|((?:\\[0-3][0-7]{2}|\\[0-7]{2})+)|\\\r?\n|\\([\\/"'`bfnrt])/y,
  decode: ([, braced, unit, long, hex, octal, short]) => {
    if (hex !== undefined) return bytes(hex.split('\\x').slice(1), 16)
    if (octal !== undefined) return bytes(octal.split('\\').slice(1), 8)
    if (short !== undefined) return SHORT_ESCAPES[short] ?? short
    const digits = braced ?? unit ?? long
    return digits === undefined ? '' : character(digits, 16)
  },
  or: ROTATED_SHORT,
}

/** HTML and XML: decimal, hex, named. */
const AMPERSAND: EscapeKind = {
  sign: '&',
  pattern: /&#[xX]0*([0-9a-fA-F]{1,6});?|&#0*(\d{1,7});?|&([a-zA-Z][a-zA-Z0-9]{1,30});/y,
  decode: ([, hex, decimal, name]) => {
    // One that nobody knows stays.
    if (name !== undefined) return entity(name) ?? null
    return hex === undefined ? character(decimal, 10) : character(hex, 16)
  },
}

/** Quoted-printable with its soft ends of line, also in the data of an event. */
const EQUALS: EscapeKind = {
  sign: '=',
  pattern:
    /(=[0-9a-fA-F]{2}(?:(?:=[ \t]*\r?\n(?:data: ?)?)?=[0-9a-fA-F]{2})*)|=[ \t]*\r?\n(?:data: ?)?/y,
  decode: ([, octets]) =>
    octets === undefined ? '' : bytes(octets.match(/(?<==)[0-9a-fA-F]{2}/g) ?? [], 16),
}

/** The next line of the data of an event. */
const LINE: EscapeKind = { sign: '', pattern: /\r?\ndata: ?/y, decode: () => '\n' }

/** `U+0041`. */
const POINT: EscapeKind = {
  sign: '',
  pattern: /[Uu]\+([0-9a-fA-F]{4,6})(?: (?=[Uu]\+))?/y,
  decode: ([, digits]) => character(digits, 16),
}

/** Letters in other shapes; what has no width is left out. */
const BEYOND: EscapeKind = {
  sign: '',
  pattern: new RegExp(`([${SHAPES}]+)|[${INVISIBLE}]+`, 'uy'),
  decode: ([, shape]) => shape?.normalize('NFKC') ?? '',
}

/** By unit of ASCII: what may begin with it. */
const kindOf: readonly (EscapeKind | undefined)[] = Array.from({ length: 128 }, (_, unit) => {
  switch (String.fromCharCode(unit)) {
    case '%':
      return PERCENT
    case '\\':
      return BACKSLASH
    case '&':
      return AMPERSAND
    case '=':
      return EQUALS
    case '\r':
    case '\n':
      return LINE
    case 'U':
    case 'u':
      return POINT
    default:
      return undefined
  }
})

function without(text: string, escapes: readonly Escape[]): MappedText {
  const built = new MappedTextBuilder()
  let at = 0
  for (const { start: from, end, decoded } of escapes) {
    built.copy(text, at, from)
    at = end
    // Text that is ASCII has one unit for each escape, so that a part of a row of them can be named.
    const each = decoded.length > 0 ? (end - from) / decoded.length : 0
    if (Number.isInteger(each) && each > 1) {
      for (let i = 0; i < decoded.length; i++) {
        built.add(decoded.charAt(i), from + i * each, from + (i + 1) * each)
      }
    } else built.add(decoded, from, end)
  }
  built.copy(text, at, text.length)
  return built.build()
}

function character(digits: string | undefined, base: number): string | null {
  const code = Number.parseInt(digits ?? '', base)
  return code <= 0x10ffff ? String.fromCodePoint(code) : null
}

/** Bytes as UTF-8; those that are none as Latin-1. */
function bytes(digits: readonly string[], base: number): string {
  const values = Buffer.from(digits.map((one) => Number.parseInt(one, base) & 255))
  return textFromBytes(values).replace(/[\udc80-\udcff]/gu, (byte) =>
    String.fromCharCode(byte.charCodeAt(0) & 255),
  )
}

/** What the letter after a backslash stands for. */
export const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
