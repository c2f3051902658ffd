import { Buffer } from 'node:buffer'
import { textFromBytes } from './byte-text.ts'
import { entity } from './entities.ts'
import { type MappedText, MappedTextBuilder } from './mapped-text.ts'
import { rot13 } from './turns.ts'
import { isDigit, isHexUnit, isLetter } from './unit-kinds.ts'

/** Letters in other shapes, which NFKC folds. */
const SHAPES =
  '\u{1d400}-\u{1d7ff}\u{1f130}-\u{1f189}\u2070-\u209c\u2460-\u24ff\u2100-\u214f\uff01-\uff5e\u02b0-\u02b8\u1d2c-\u1d6a'
/** What has no width. */
const INVISIBLE = '\\u200b-\\u200f\\u2060-\\u2064\\ufeff'
const BEYOND_ASCII = /[^\0-\x7f]/

/**
 * One letter in another shape, or what has no width with another one near; a text of one-byte characters is known to have none at
 * once.
 */
const SHAPE = new RegExp(`[${SHAPES}]|[${INVISIBLE}](?=[^${INVISIBLE}]{1,4}[${INVISIBLE}])`, 'gu')

/** The next line of the data of one event (Server-sent events, 9.2.6): what is wrapped in it goes on there. */
const DATA_LINE = '\ndata:'

const SIGNS = ['%', '\\', '&', '=', '+'] as const

/** Where escapes stand that may hide a letter, and, where that is asked, such as are reversed or in ROT13; each in order. */
export function escapesIn(
  text: string,
  withTurned: boolean,
): { plain: number[]; turned: number[] } {
  const plain: number[] = []
  const turned: number[] = []
  for (const sign of SIGNS) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
      if (hides(text, at)) plain.push(at)
      if (withTurned && hidesTurned(text, at)) turned.push(at)
    }
  }
  if (BEYOND_ASCII.test(text)) {
    for (const { index } of text.matchAll(SHAPE)) plain.push(index)
  }
  for (let at = text.indexOf(DATA_LINE); at >= 0; at = text.indexOf(DATA_LINE, at + 1)) {
    const line = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
    if (text.startsWith('data:', line)) plain.push(at)
  }
  return { plain: plain.sort((a, b) => a - b), turned: turned.sort((a, b) => a - b) }
}

/** How many escapes a text has, whatever they may hide. */
export function countEscapes(text: string): number {
  const any = /[%=][0-9a-fA-F]{2}|\\[uUxX0-7]|&(?:#|[a-zA-Z]{2,8};)|[uU]\+[0-9a-fA-F]{4}/g
  return text.match(any)?.length ?? 0
}

/** True where the sign at a place begins an escape that may hide a letter. */
function hides(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1)
  switch (text.charCodeAt(at)) {
    case 0x25:
      return next === 0x75 || (isHexUnit(next) && isHexUnit(text.charCodeAt(at + 2)))
    case 0x5c:
      return (
        next === 0x75 ||
        next === 0x55 ||
        (next === 0x78 && isHexUnit(text.charCodeAt(at + 2))) ||
        (isOctalUnit(next) && isOctalUnit(text.charCodeAt(at + 2))) ||
        isBetween(text, at)
      )
    case 0x26:
      return (
        next === 0x23 ||
        (isLetter(next) && /^&[a-zA-Z][a-zA-Z0-9]{1,30};/.test(text.slice(at, at + 33)))
      )
    case 0x2b:
      return (
        text.charCodeAt(at - 1) === 0x55 && isHexUnit(next) && isHexUnit(text.charCodeAt(at + 4))
      )
    case 0x3d:
      return (
        next === 0x0a ||
        next === 0x0d ||
        (isHexUnit(next) && isHexUnit(text.charCodeAt(at + 2)) && isDigit(next))
      )
    default:
      return false
  }
}

/** True where an escape may stand around a sign if the text is turned around, in ROT13, or both. */
function hidesTurned(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1)
  const before = text.charCodeAt(at - 1)
  switch (text.charCodeAt(at)) {
    case 0x25:
    case 0x3d:
      return (
        (isTurnedHex(next) && isTurnedHex(text.charCodeAt(at + 2))) ||
        (isTurnedHex(before) && isTurnedHex(text.charCodeAt(at - 2)))
      )
    case 0x5c:
      // `u`, `x` or octal digits after or before it, and what ROT13 makes of the letters.
      return isMark(next) || isMark(before)
    case 0x26:
      return next === 0x23 || before === 0x23 || isLetter(next) || isLetter(before)
    case 0x2b:
      return before === 0x48 || next === 0x55 || next === 0x48
    default:
      return false
  }
}

/** A hex digit, or what ROT13 makes of one. */
function isTurnedHex(unit: number): boolean {
  return isHexUnit(unit) || ((unit | 32) >= 0x6e && (unit | 32) <= 0x73)
}

/** What stands beside the backslash of a long escape. */
function isMark(unit: number): boolean {
  const letter = unit | 32
  return letter === 0x75 || letter === 0x78 || letter === 0x68 || letter === 0x6b || isDigit(unit)
}

/** Backslashes that are no further apart may have characters of one value between them. */
const NEAR = 12
/** So many characters without white space on either side, and they may be of one value. */
const JOINED = 8

/** True for a backslash of a short escape (`\n`, `\"`) inside what may be one value: one of several, or in the middle of a word. */
function isBetween(text: string, at: number): boolean {
  const other = text.indexOf('\\', at + 2)
  if (other >= 0 && other - at <= NEAR) return true
  for (let i = 1; i <= JOINED; i++) {
    if (text.charCodeAt(at - i) <= 32 || text.charCodeAt(at + 1 + i) <= 32) return false
  }
  return true
}

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

function isOctalUnit(unit: number): boolean {
  return unit >= 48 && unit <= 55
}
