import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { ascii85, base32, base58, punycode } from './base-encoders.ts'
import {
  eachByte,
  eachCharacter,
  eachUnit,
  hexOf,
  htmlNamed,
  jsonAscii,
  quotedPrintable,
  xmlEscaped,
} from './escape-encoders.ts'

/** A way in which an upstream may write a value. */
export interface Transformation {
  readonly name: string
  /** The line of the report that it is counted in. */
  readonly family: string
  encode(value: string): string
  /** What comes of it can only be read where its first and last character are known: nothing may touch it. */
  readonly standsAlone: boolean
  /** It loses upper and lower case: what was encoded before (base64) cannot be read any more. */
  readonly losesCase: boolean
  /** It tears the value apart with text between: nobody puts that together again who does not know the value. */
  readonly scatters: boolean
}

type Encode = (value: string) => string
type Traits = Partial<Pick<Transformation, 'standsAlone' | 'losesCase' | 'scatters'>>

/** All of them, in the order of issue 4's list. */
export const TRANSFORMATIONS: readonly Transformation[] = [
  ...family('raw', { raw: (v) => v }),
  ...family('JSON escapes', {
    'json string': (v) => JSON.stringify(v).slice(1, -1),
    'json ascii': jsonAscii,
    'json slash': (v) => JSON.stringify(v).slice(1, -1).replaceAll('/', '\\/'),
    'json twice': (v) => JSON.stringify(JSON.stringify(v)).slice(1, -1),
  }),
  ...family('Unicode and JavaScript escapes', {
    'unicode \\u0041': (v) => eachUnit(v, (unit) => `\\u${hexOf(unit, 4)}`),
    'unicode \\U upper digits': (v) => eachUnit(v, (unit) => `\\u${hexOf(unit, 4).toUpperCase()}`),
    'unicode \\u{41}': (v) => eachCharacter(v, (point) => `\\u{${hexOf(point, 1)}}`),
    'hex \\x41': (v) => eachByte(v, (byte) => `\\x${hexOf(byte, 2)}`),
    'hex \\x41 every other': (v) =>
      eachByte(v, (byte, i) => (i % 2 === 0 && byte < 128 ? String.fromCharCode(byte) : `\\x${hexOf(byte, 2)}`)),
    octal: (v) => eachByte(v, (byte) => `\\${byte.toString(8).padStart(3, '0')}`),
    'U+0041': (v) => [...v].map((c) => `U+${hexOf(c.codePointAt(0) ?? 0, 4).toUpperCase()}`).join(' '),
  }),
  ...family('HTML and XML escapes', {
    'html decimal': (v) => eachCharacter(v, (point) => `&#${point};`),
    'html decimal, zeros': (v) => eachCharacter(v, (point) => `&#${String(point).padStart(7, '0')};`),
    'html hex': (v) => eachCharacter(v, (point) => `&#x${hexOf(point, 1)};`),
    'html hex, upper': (v) => eachCharacter(v, (point) => `&#X${hexOf(point, 2).toUpperCase()};`),
    'html decimal, every third': (v) =>
      [...v].map((c, i) => (i % 3 === 0 ? `&#${c.codePointAt(0)};` : c.replace('&', '&amp;'))).join(''),
    'html named': htmlNamed,
    xml: xmlEscaped,
  }),
  ...family('percent', {
    encodeURIComponent: (v) => encodeURIComponent(v),
    'percent, form': (v) => new URLSearchParams([['', v]]).toString().slice(1),
    'percent, all': (v) => eachByte(v, percent),
    'percent, all, lower case': (v) => eachByte(v, (byte) => percent(byte).toLowerCase()),
    'percent, every other': (v) =>
      eachByte(v, (byte, i) => (i % 2 === 0 && isUnreserved(byte) ? String.fromCharCode(byte) : percent(byte))),
    'percent, mixed case': (v) =>
      eachByte(v, (byte, i) => (i % 2 === 0 ? percent(byte) : percent(byte).toLowerCase())),
    'percent twice': (v) => encodeURIComponent(encodeURIComponent(v)),
    'percent, all, twice': (v) => eachByte(v, (byte) => `%25${hexOf(byte, 2)}`),
    'percent %u0041': (v) => eachUnit(v, (unit) => `%u${hexOf(unit, 4)}`),
  }),
  ...family('base64', {
    base64: (v) => Buffer.from(v).toString('base64'),
    'base64, after 1 byte': (v) => Buffer.from(`:${v}`).toString('base64'),
    'base64, after 2 bytes': (v) => Buffer.from(`: ${v}`).toString('base64'),
    'base64, between bytes': (v) => Buffer.from(`token=${v}&x=1`).toString('base64'),
    'base64, no padding': (v) => unpadded(Buffer.from(v).toString('base64')),
    'base64 twice': (v) => Buffer.from(Buffer.from(v).toString('base64')).toString('base64'),
  }),
  ...family('base64url', {
    base64url: (v) => Buffer.from(v).toString('base64url'),
    'base64url, padded': (v) =>
      Buffer.from(v).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
    'base64url, after 1 byte': (v) => Buffer.from(`?${v}`).toString('base64url'),
    'base64url, after 2 bytes': (v) => Buffer.from(`??${v}`).toString('base64url'),
  }),
  ...family('base64, wrapped', {
    'base64, wrapped at 76, CRLF': (v) => wrapped(longBase64(v), 76, '\r\n'),
    'base64, wrapped at 64': (v) => wrapped(longBase64(v), 64, '\n'),
    'base64, wrapped at 19': (v) => wrapped(Buffer.from(v).toString('base64'), 19, '\n'),
    'base64, wrapped at 8': (v) => wrapped(Buffer.from(v).toString('base64'), 8, '\r\n'),
    'base64, wrapped at 5, indented': (v) => wrapped(Buffer.from(v).toString('base64'), 5, '\n    '),
    'base64, wrapped, \\n spelled out': (v) => wrapped(Buffer.from(v).toString('base64'), 16, '\\n'),
  }),
  ...family('base64 of UTF-16', {
    'base64 of UTF-16LE': (v) => utf16(v).toString('base64'),
    'base64 of UTF-16BE': (v) => utf16(v).swap16().toString('base64'),
    'base64url of UTF-16LE, after 1 byte': (v) =>
      Buffer.concat([Buffer.from([0]), utf16(v)]).toString('base64url'),
    'base64 of UTF-16LE, with BOM': (v) => utf16(`\ufeff${v}`).toString('base64'),
  }),
  ...family('base32', {
    base32: (v) => base32(Buffer.from(v)),
    'base32, no padding, lower case': (v) => base32(Buffer.from(v), false).toLowerCase(),
    'base32, after 1 byte': (v) => base32(Buffer.from(`:${v}`)),
    'base32, after 3 bytes': (v) => base32(Buffer.from(`id:${v}`)),
  }),
  ...family('base58', { base58: (v) => base58(Buffer.from(v)) }, { standsAlone: true }),
  ...family('ascii85', {
    ascii85: (v) => ascii85(Buffer.from(v)),
    'ascii85, framed': (v) => `<~${ascii85(Buffer.from(v))}~>`,
    'ascii85, after 1 byte': (v) => ascii85(Buffer.from(`:${v}`)),
    'ascii85, after 2 bytes': (v) => ascii85(Buffer.from(`::${v}`)),
    'ascii85, wrapped at 20': (v) => wrapped(ascii85(Buffer.from(v)), 20, '\n'),
  }),
  ...family('hex', {
    'hex, lower case': (v) => Buffer.from(v).toString('hex'),
    'hex, upper case': (v) => Buffer.from(v).toString('hex').toUpperCase(),
    'hex, colons': (v) => hexBytes(v).join(':'),
    'hex, upper, colons': (v) => hexBytes(v).join(':').toUpperCase(),
    'hex, spaces': (v) => hexBytes(v).join(' '),
    'hex, 0x and commas': (v) => hexBytes(v).map((byte) => `0x${byte}`).join(', '),
    'hex, 0x without commas': (v) => hexBytes(v).map((byte) => `0x${byte}`).join(''),
    'hex, one 0x': (v) => `0x${Buffer.from(v).toString('hex')}`,
    'hex, commas': (v) => hexBytes(v).join(','),
    'hex, dashes': (v) => hexBytes(v).join('-'),
    'hex, wrapped at 32': (v) => wrapped(Buffer.from(v).toString('hex'), 32, '\n'),
    'hex of UTF-16LE': (v) => utf16(v).toString('hex'),
  }),
  ...family('byte arrays', {
    'bytes, JSON': (v) => JSON.stringify([...Buffer.from(v)]),
    'bytes, JSON, lines': (v) => JSON.stringify([...Buffer.from(v)], null, 2),
    'bytes, spaces': (v) => [...Buffer.from(v)].join(' '),
    'bytes, commas': (v) => [...Buffer.from(v)].join(', '),
    'code points': (v) => JSON.stringify([...v].map((c) => c.codePointAt(0))),
    'Buffer as JSON': (v) => JSON.stringify(Buffer.from(v)),
  }),
  ...family('quoted-printable', {
    'quoted-printable': quotedPrintable,
    'quoted-printable, all': (v) =>
      wrapped(eachByte(v, (byte) => `=${hexOf(byte, 2).toUpperCase()}`), 72, '=\r\n'),
  }),
  ...family('punycode', {
    punycode: (v) => punycode(v),
    'punycode, xn--': (v) => `xn--${punycode(v)}`,
  }, { standsAlone: true }),
  ...family('reversed', { reversed: (v) => [...v].reverse().join('') }),
  ...family('ROT13', { rot13: (v) => v.replace(/[a-z]/gi, rot13) }),
  ...family('full-width', { 'full-width': (v) => v.replace(/[!-~]/g, fullWidth) }),
  ...family('case-changed', {
    'upper case': (v) => v.toUpperCase(),
    'lower case': (v) => v.toLowerCase(),
    'swapped case': (v) => [...v].map(swapCase).join(''),
  }, { losesCase: true }),
  ...family('characters separated', {
    'separated, spaces': (v) => [...v].join(' '),
    'separated, dashes': (v) => [...v].join('-'),
    'separated, newlines': (v) => [...v].join('\n'),
    'separated, zero-width': (v) => [...v].join('\u200b'),
    'separated, zero-width joiner': (v) => [...v].join('\u200d'),
    'separated, soft hyphens': (v) => [...v].join('\u00ad'),
    'separated, dots': (v) => [...v].join('.'),
    'separated, commas': (v) => [...v].join(', '),
    'groups of 4, spaces': (v) => wrapped(v, 4, ' '),
    'groups of 5, dashes': (v) => wrapped(v, 5, '-'),
    'groups of 7, newlines': (v) => wrapped(v, 7, '\n'),
    'one JSON element each': (v) => JSON.stringify([...v]),
    'one JSON element each, lines': (v) => JSON.stringify([...v], null, 2),
  }),
  ...family('JWT payload', {
    'JWT payload': (v) => jwt({ sub: '1234567890', token: v, iat: 1_516_239_022 }),
    'JWT payload, first': (v) => jwt({ token: v }),
  }),
  ...family('compressed in base64', {
    'gzip, base64': (v) => gzipSync(v).toString('base64'),
    'gzip, base64url': (v) => gzipSync(v).toString('base64url'),
    'gzip, base64, wrapped': (v) => wrapped(gzipSync(`x-token: ${v}\n`).toString('base64'), 20, '\n'),
    'deflate, base64': (v) => deflateSync(v).toString('base64'),
    'zstd, base64': (v) => zstdCompressSync(v).toString('base64'),
    'gzip, hex': (v) => gzipSync(v).toString('hex'),
  }),
  ...family('compressed in base64', {
    'raw deflate, base64': (v) => deflateRawSync(v).toString('base64'),
    'brotli, base64': (v) => brotliCompressSync(v).toString('base64'),
  }, { standsAlone: true }),
  ...family('basic-auth pairs', {
    'basic auth': (v) => `Basic ${Buffer.from(`ci-bot:${v}`).toString('base64')}`,
    'basic auth, value as user': (v) => `Basic ${Buffer.from(`${v}:`).toString('base64')}`,
    'basic auth, x-access-token': (v) => `Basic ${Buffer.from(`x-access-token:${v}`).toString('base64')}`,
    'pair in the clear': (v) => `ci-bot:${v}`,
  }),
  ...family('in parts of one message', {
    'two halves': (v) => parts(v, 2).map((part, i) => `part ${i + 1} is ${part}\n`).join(''),
    'quarters': (v) => parts(v, 4).map((part, i) => `part ${i + 1} is ${part}\n`).join(''),
    'quarters, JSON': (v) => JSON.stringify(Object.fromEntries(parts(v, 4).map((p, i) => [`p${i}`, p]))),
  }, { scatters: true }),
]

/** One of each family, for combinations: the one whose code path is most its own. */
export const REPRESENTATIVES: readonly Transformation[] = [
  'raw',
  'json ascii',
  'unicode \\u0041',
  'hex \\x41',
  'octal',
  'html decimal',
  'html hex',
  'xml',
  'percent, all, lower case',
  'base64',
  'base64url, after 2 bytes',
  'base64, wrapped at 19',
  'base64 of UTF-16LE',
  'base32',
  'base58',
  'ascii85',
  'hex, lower case',
  'hex, 0x and commas',
  'bytes, JSON',
  'quoted-printable, all',
  'reversed',
  'rot13',
  'full-width',
  'upper case',
  'separated, spaces',
  'separated, zero-width',
  'one JSON element each',
  'JWT payload',
  'gzip, base64',
  'brotli, base64',
  'basic auth',
].map(transformation)

/** The one of that name. */
export function transformation(name: string): Transformation {
  const found = TRANSFORMATIONS.find((one) => one.name === name)
  if (found === undefined) throw new RangeError(`there is no transformation called ${name}`)
  return found
}

/** One after the other; null where nobody could read what comes of it. */
export function combined(inner: Transformation, outer: Transformation): Transformation | null {
  const caseMatters = !['raw', 'case-changed'].includes(inner.family) && !CASELESS.has(inner.family)
  if (outer.losesCase && caseMatters) return null
  if (outer.scatters || (inner.standsAlone && TOUCHES.has(outer.name))) return null
  return {
    name: `${inner.name}, then ${outer.name}`,
    family: `depth 2: ${outer.family}`,
    encode: (value) => outer.encode(inner.encode(value)),
    standsAlone: outer.standsAlone || (inner.standsAlone && KEEPS_PLACE.has(outer.family)),
    losesCase: inner.losesCase || outer.losesCase,
    scatters: inner.scatters,
  }
}

/** What is written in digits or in one case only, so that a change of case loses nothing. */
const CASELESS: ReadonlySet<string> = new Set(['hex', 'byte arrays', 'base32', 'percent'])
/** What puts text around the value without a mark between them. */
const TOUCHES: ReadonlySet<string> = new Set()
/** What leaves the order of characters as it is, so that what stands around stays beside them. */
const KEEPS_PLACE: ReadonlySet<string> = new Set(['raw', 'reversed', 'ROT13', 'full-width', 'case-changed'])

function family(name: string, encoders: Readonly<Record<string, Encode>>, traits: Traits = {}) {
  return Object.entries(encoders).map(([encoderName, encode]): Transformation => ({
    name: encoderName,
    family: name,
    encode,
    standsAlone: traits.standsAlone ?? false,
    losesCase: traits.losesCase ?? false,
    scatters: traits.scatters ?? false,
  }))
}

function percent(byte: number): string {
  return `%${hexOf(byte, 2).toUpperCase()}`
}

function isUnreserved(byte: number): boolean {
  return /[A-Za-z0-9._~-]/.test(String.fromCharCode(byte))
}

function unpadded(text: string): string {
  return text.replaceAll('=', '')
}

function wrapped(text: string, width: number, end: string): string {
  const lines: string[] = []
  for (let at = 0; at < text.length; at += width) lines.push(text.slice(at, at + width))
  return lines.join(end)
}

/** Of more than one line, with the value in its middle. */
function longBase64(value: string): string {
  const around = 'the quick brown fox jumps over the lazy dog; '
  return Buffer.from(`${around}${value}${around}`).toString('base64')
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le')
}

function hexBytes(value: string): string[] {
  return [...Buffer.from(value)].map((byte) => hexOf(byte, 2))
}

function rot13(letter: string): string {
  const code = letter.charCodeAt(0)
  const first = code < 97 ? 65 : 97
  return String.fromCharCode(((code - first + 13) % 26) + first)
}

function fullWidth(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + 0xfee0)
}

function swapCase(character: string): string {
  const upper = character.toUpperCase()
  return upper === character ? character.toLowerCase() : upper
}

function jwt(payload: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}.c2lnbmF0dXJlLW9mLW5vdGhpbmc`
}

/** In order and of nearly the same length; pieces under five characters would mean nothing. */
function parts(value: string, count: number): string[] {
  const characters = [...value]
  const size = Math.max(5, Math.ceil(characters.length / count))
  const starts = Array.from({ length: count }, (_, i) => i * size)
  return starts.map((at) => characters.slice(at, at + size).join('')).filter((part) => part !== '')
}
