import { Buffer } from 'node:buffer'
import { type MappedText, MappedTextBuilder } from './mapped-text.ts'

/**
 * Escapes of every kind that is met, in one expression: percent (also `%u0041`), JSON and JavaScript (`\u0041`, `\u{41}`,
 * `U+0041`, `\x41`, octal, short ones, a doubled backslash), HTML and XML (decimal, hex, named), quoted-printable with its soft ends of
 * line; and letters in other shapes that NFKC folds.
 */
const ESCAPE =
  /((?:%[0-9a-fA-F]{2})+)|%u([0-9a-fA-F]{4})|\\u\{0*([0-9a-fA-F]{1,6})\}|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|((?:\\x[0-9a-fA-F]{2})+)|((?:\\[0-3][0-7]{2}|\\[0-7]{2})+)|\\(?:\r?\n)|\\([\\/"'`bfnrt])|&#[xX]0*([0-9a-fA-F]{1,6});?|&#0*(\d{1,7});?|&([a-zA-Z][a-zA-Z0-9]{1,30});|((?:=[0-9a-fA-F]{2})+)|=[ \t]*\r?\n|([\u{1d400}-\u{1d7ff}\u{1f130}-\u{1f189}\u2070-\u209c\u2460-\u24ff\u2100-\u214f\uff01-\uff5e\u02b0-\u02b8\u1d2c-\u1d6a]+)|U\+([0-9a-fA-F]{4,6})(?: (?=U\+))?/gu

/** Letters in other shapes; a text of one-byte characters is known to have none at once. */
const SHAPE =
  /[\u{1d400}-\u{1d7ff}\u{1f130}-\u{1f189}\u2070-\u209c\u2460-\u24ff\u2100-\u214f\uff01-\uff5e\u02b0-\u02b8\u1d2c-\u1d6a]/gu

const SIGNS = ['%', '\\', '&', '=', 'U+'] as const

/** Where escapes stand that may hide a letter, in order. */
export function escapesIn(text: string): number[] {
  const places: number[] = []
  for (const sign of SIGNS) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
      if (hides(text, at)) places.push(at)
    }
  }
  for (const { index } of text.matchAll(SHAPE)) places.push(index)
  return places.sort((a, b) => a - b)
}

/** True where the sign at a place begins an escape that may hide a letter. Short escapes (`\n`, `\"`) hide none. */
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
        ((next === 0x6e || next === 0x72 || next === 0x74) && wraps(text, at + 2))
      )
    case 0x26:
      return (
        next === 0x23 ||
        (isLetter(next) && /^&[a-zA-Z][a-zA-Z0-9]{1,30};/.test(text.slice(at, at + 33)))
      )
    case 0x55:
      return isHexUnit(text.charCodeAt(at + 2)) && isHexUnit(text.charCodeAt(at + 5))
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

/** The longest line of a text that is wrapped by escaped ends of line. */
const LONGEST_LINE = 80

/** True where one unbroken word stands between an escaped end of line and the next escape, as in a wrapped text. */
function wraps(text: string, from: number): boolean {
  for (let i = from; i < from + LONGEST_LINE; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x5c) return true
    if (!(isLetter(unit) || isDigit(unit) || unit === 0x2b || unit === 0x2f || unit === 0x3d)) {
      return unit === 0x2d || unit === 0x5f ? text.charCodeAt(i + 1) === 0x5c : false
    }
  }
  return false
}

/** The text with its escapes decoded once; null where it holds none. */
export function unescaped(text: string): MappedText | null {
  const built = new MappedTextBuilder()
  let at = 0
  for (const match of text.matchAll(ESCAPE)) {
    const decoded = decode(match)
    if (decoded === null) continue
    built.copy(text, at, match.index)
    at = match.index + match[0].length
    // Text that is ASCII has one unit for each escape, so that a part of a row of them can be named.
    const each = decoded.length > 0 ? match[0].length / decoded.length : 0
    if (Number.isInteger(each) && each > 1) {
      for (let i = 0; i < decoded.length; i++) {
        const start = match.index + i * each
        built.add(decoded.charAt(i), start, start + each)
      }
    } else built.add(decoded, match.index, at)
  }
  if (at === 0) return null
  built.copy(text, at, text.length)
  return built.build()
}

function decode(match: RegExpExecArray): string | null {
  const [
    all,
    percent,
    percentU,
    braced,
    unicode,
    long,
    hex,
    octal,
    short,
    entityHex,
    entity,
    named,
    quoted,
    shape,
    point,
  ] = match
  if (percent !== undefined) return bytes(percent.split('%').slice(1), 16)
  if (quoted !== undefined) return bytes(quoted.split('=').slice(1), 16)
  if (hex !== undefined) return bytes(hex.split('\\x').slice(1), 16)
  if (octal !== undefined) return bytes(octal.split('\\').slice(1), 8)
  if (short !== undefined) return SHORT[short] ?? short
  if (named !== undefined) return NAMED[named] ?? null
  if (shape !== undefined) return shape.normalize('NFKC')
  const code = percentU ?? braced ?? unicode ?? long ?? entityHex ?? point
  if (code !== undefined) return character(Number.parseInt(code, 16))
  if (entity !== undefined) return character(Number.parseInt(entity, 10))
  return all.startsWith('=') || all.startsWith('\\') ? '' : null
}

function character(code: number): string | null {
  return code <= 0x10ffff ? String.fromCodePoint(code) : null
}

/** Bytes as UTF-8; as Latin-1 where they are no UTF-8. */
function bytes(digits: readonly string[], base: number): string {
  const values = Buffer.from(digits.map((one) => Number.parseInt(one, base) & 255))
  const text = values.toString('utf8')
  return text.includes('\ufffd') ? values.toString('latin1') : text
}

const SHORT: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** The named entities of ASCII. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  AMP: '&',
  lt: '<',
  LT: '<',
  gt: '>',
  GT: '>',
  quot: '"',
  QUOT: '"',
  apos: "'",
  nbsp: ' ',
  Tab: '\t',
  NewLine: '\n',
  excl: '!',
  num: '#',
  dollar: '$',
  percnt: '%',
  lpar: '(',
  rpar: ')',
  ast: '*',
  midast: '*',
  plus: '+',
  comma: ',',
  hyphen: '-',
  dash: '-',
  period: '.',
  sol: '/',
  colon: ':',
  semi: ';',
  equals: '=',
  quest: '?',
  commat: '@',
  lsqb: '[',
  lbrack: '[',
  bsol: '\\',
  rsqb: ']',
  rbrack: ']',
  Hat: '^',
  lowbar: '_',
  UnderBar: '_',
  grave: '`',
  DiacriticalGrave: '`',
  lcub: '{',
  lbrace: '{',
  verbar: '|',
  vert: '|',
  VerticalLine: '|',
  rcub: '}',
  rbrace: '}',
  shy: '',
  zwnj: '',
  zwj: '',
  ZeroWidthSpace: '',
  NoBreak: '',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  szlig: 'ß',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  ntilde: 'ñ',
  ccedil: 'ç',
  euro: '€',
  pound: '£',
  sect: '§',
}

function isHexUnit(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 70) || (unit >= 97 && unit <= 102)
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57
}

function isOctalUnit(unit: number): boolean {
  return unit >= 48 && unit <= 55
}

function isLetter(unit: number): boolean {
  return (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)
}
