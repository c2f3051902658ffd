import { gzipSync } from 'node:zlib'

/** A way in which an upstream may say a value back. INVARIANT: printable ASCII in one line, so that a header can carry it. */
export interface Encoding {
  readonly name: string
  encode(value: string): string
}

const each = (value: string, one: (character: string, code: number) => string) =>
  [...value].map((character) => one(character, character.charCodeAt(0))).join('')
const hex = (value: string) => Buffer.from(value).toString('hex')
const base64 = (value: string) => Buffer.from(value).toString('base64')

/** Written for this test alone: it shares nothing with what looks for values. */
export const ENCODINGS: readonly Encoding[] = [
  { name: 'as it is', encode: (value) => value },
  {
    name: 'unicode escapes',
    encode: (value) => each(value, (_, code) => `\\u${code.toString(16).padStart(4, '0')}`),
  },
  {
    name: 'percent',
    encode: (value) => each(value, (_, code) => `%${code.toString(16).padStart(2, '0')}`),
  },
  {
    name: 'percent, twice',
    encode: (value) => each(value, (_, code) => `%25${code.toString(16).toUpperCase()}`),
  },
  { name: 'html entities', encode: (value) => each(value, (_, code) => `&#${code};`) },
  { name: 'base64', encode: base64 },
  { name: 'base64, shifted', encode: (value) => base64(`:${value}`) },
  {
    name: 'base64url, shifted',
    encode: (value) => Buffer.from(`u:${value}`).toString('base64url'),
  },
  { name: 'base64 of base64', encode: (value) => base64(base64(value)) },
  { name: 'base64 of utf-16', encode: (value) => Buffer.from(value, 'utf16le').toString('base64') },
  { name: 'base64 of gzip', encode: (value) => gzipSync(value).toString('base64') },
  { name: 'base32', encode: base32 },
  { name: 'hex', encode: hex },
  {
    name: 'hex, upper, with colons',
    encode: (value) => (hex(value).toUpperCase().match(/../g) ?? []).join(':'),
  },
  { name: 'bytes in decimal', encode: (value) => [...Buffer.from(value)].join(', ') },
  { name: 'reversed', encode: (value) => [...value].reverse().join('') },
  { name: 'rot13', encode: rot13 },
  { name: 'upper case', encode: (value) => value.toUpperCase() },
  { name: 'spaced', encode: (value) => [...value].join(' ') },
  { name: 'in a jwt', encode: (value) => `${part({ alg: 'none' })}.${part({ key: value })}.` },
]

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** RFC 4648, section 6. */
function base32(value: string): string {
  const bits = [...Buffer.from(value)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(five.padEnd(5, '0'), 2)),
    )
    .join('')
}

function rot13(value: string): string {
  return value.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
  })
}
