/** Finds what looks encoded, and gives the bytes that it may stand for. */
export interface Decoder {
  regions(text: string): string[]
  /** One for each place at which the data may begin. */
  decode(region: string): Buffer[]
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

const base64: Decoder = {
  regions: (text) => all(text, /[A-Za-z0-9+/_-]{10,}/g),
  decode: (region) => phases(region, 4, (part) => Buffer.from(part, 'base64')),
}

const base32: Decoder = {
  regions: (text) => all(text, /(?:[A-Z2-7]{12,}|[a-z2-7]{12,})/g),
  decode: (region) => phases(region.toUpperCase(), 8, (part) => digits(part, BASE32, 5)),
}

const base58: Decoder = {
  regions: (text) => all(text, /[1-9A-HJ-NP-Za-km-z]{10,1500}/g),
  decode(region) {
    let number = 0n
    for (const character of region) number = number * 58n + BigInt(BASE58.indexOf(character))
    const hex = number.toString(16)
    return [Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')]
  },
}

const ascii85: Decoder = {
  regions: (text) => all(text, /[!-uz]{10,}/g),
  decode: (region) => phases(region, 5, groupsOf85),
}

/** Pairs of digits with little between them, whatever says that they are hex. */
const hex: Decoder = {
  regions: (text) =>
    all(text, /(?:(?:0x|\\x|[%=#$&;])*[0-9a-f]{2}[^0-9a-zA-Z]{0,12}){8,}/gi).map((region) =>
      region.replace(/0x/gi, '').replace(/[^0-9a-f]/gi, ''),
    ),
  decode: (region) => phases(region, 2, (part) => Buffer.from(part, 'hex')),
}

/** Numbers as bytes, and as code points. */
const decimals: Decoder = {
  regions: (text) => all(text, /(?:\d{1,6}[^0-9a-zA-Z]{1,12}){7,}\d{1,6}/g),
  decode(region) {
    const list = (region.match(/\d+/g) ?? []).map(Number)
    const points = list.filter((number) => number <= 0x10ffff)
    return [
      Buffer.from(list.filter((number) => number < 256)),
      Buffer.from(points.map((point) => String.fromCodePoint(point)).join('')),
    ]
  },
}

export const DECODERS: Readonly<Record<string, Decoder>> = {
  base64,
  base32,
  base58,
  ascii85,
  hex,
  decimals,
}

function all(text: string, pattern: RegExp): string[] {
  return text.match(pattern) ?? []
}

/** From each of the first characters: where the data begins is not known. */
function phases(region: string, count: number, decode: (part: string) => Buffer): Buffer[] {
  return Array.from({ length: count }, (_, skip) => decode(region.slice(skip)))
}

function digits(text: string, alphabet: string, bitsEach: number): Buffer {
  const bytes = Buffer.alloc(Math.floor((text.length * bitsEach) / 8))
  let at = 0
  let held = 0
  let bits = 0
  for (const character of text) {
    held = ((held << bitsEach) | Math.max(0, alphabet.indexOf(character))) & 0xffff
    bits += bitsEach
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (held >> bits) & 255
  }
  return bytes
}

function groupsOf85(text: string): Buffer {
  const bytes: number[] = []
  let group: number[] = []
  for (let i = 0; i < text.length; i++) {
    if (text.charAt(i) === 'z') {
      if (group.length === 0) bytes.push(0, 0, 0, 0)
      group = []
      continue
    }
    group.push(text.charCodeAt(i) - 33)
    if (group.length < 5) continue
    bytes.push(...number85(group))
    group = []
  }
  if (group.length > 1) {
    const size = group.length - 1
    while (group.length < 5) group.push(84)
    bytes.push(...number85(group).slice(0, size))
  }
  return Buffer.from(bytes)
}

function number85(group: readonly number[]): number[] {
  const number = group.reduce((sum, digit) => sum * 85 + digit, 0) % 2 ** 32
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) & 255)
}
