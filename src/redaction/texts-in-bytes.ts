import { Buffer } from 'node:buffer'
import { letterSize } from './byte-probe.ts'
import { isAsciiText } from './byte-text.ts'

/** Fewer characters in a row hold no part of a value. */
const FEWEST = 8

/** What parts two stretches; it is in no alphabet, and folding leaves it out. */
const BETWEEN = '\0'

/** The texts that stand in bytes: stretches of UTF-8 and of UTF-16 in both orders, with a NUL between. Empty where there are none. */
function textsInBytes(bytes: Uint8Array, known: Uint8Array): string {
  if (bytes.length < FEWEST) return ''
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stretches: string[] = []
  addNarrow(buffer, known, stretches)
  for (const first of [0, 1]) addWide(buffer, first, known, stretches)
  return stretches.join(BETWEEN)
}

/**
 * The texts in each of these that holds one.
 *
 * @param known 1 for each UTF-16 unit that counts as text: bytes at random are some character too.
 */
export function textsInAll(all: Iterable<Uint8Array>, known: Uint8Array): string[] {
  return Array.from(all, (bytes) => textsInBytes(bytes, known)).filter((text) => text !== '')
}

function addNarrow(bytes: Buffer, known: Uint8Array, stretches: string[]): void {
  const { length } = bytes
  let start = 0
  let count = 0
  for (let at = 0; at <= length; ) {
    const byte = at < length ? (bytes[at] ?? 0) : 0
    let size = 0
    if (byte < 0x80) size = isAsciiText(byte) ? 1 : 0
    else if (byte >= 0xc2) size = letterSize(bytes, at, length, known)
    if (size > 0) {
      at += size
      count++
      continue
    }
    if (count >= FEWEST) stretches.push(bytes.toString('utf8', start, at))
    at++
    start = at
    count = 0
  }
}

function addWide(bytes: Buffer, first: number, known: Uint8Array, stretches: string[]): void {
  const end = bytes.length - 1
  let little = 0
  let big = 0
  let at = first
  for (; at < end; at += 2) {
    const a = bytes[at] ?? 0
    const b = bytes[at + 1] ?? 0
    if (known[a | (b << 8)] === 1) little++
    else {
      if (little >= FEWEST) addUnits(bytes, at, little, false, stretches)
      little = 0
    }
    if (known[(a << 8) | b] === 1) big++
    else {
      if (big >= FEWEST) addUnits(bytes, at, big, true, stretches)
      big = 0
    }
  }
  if (little >= FEWEST) addUnits(bytes, at, little, false, stretches)
  if (big >= FEWEST) addUnits(bytes, at, big, true, stretches)
}

function addUnits(bytes: Buffer, end: number, count: number, big: boolean, into: string[]): void {
  const units = Buffer.from(bytes.subarray(end - count * 2, end))
  into.push((big ? units.swap16() : units).toString('utf16le'))
}

/** What counts as text, besides what values are written in: the usual letters, and what goes between characters. */
const USUAL = [
  [0x09, 0x0d],
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x370, 0x4ff],
  [0x2000, 0x2064],
  [0x2070, 0x209c],
  [0x2100, 0x214f],
  [0x2460, 0x24ff],
  [0xfeff, 0xfeff],
  [0xff01, 0xff5e],
] as const

/** 1 for each UTF-16 unit that counts as text where these values are looked for. */
export function knownUnits(values: Iterable<string>): Uint8Array {
  const known = new Uint8Array(65_536)
  for (const [first, last] of USUAL) known.fill(1, first, last + 1)
  for (const value of values) for (let i = 0; i < value.length; i++) known[value.charCodeAt(i)] = 1
  return known
}
