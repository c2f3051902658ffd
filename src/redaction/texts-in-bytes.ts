import { Buffer } from 'node:buffer'
import { letterSize } from './byte-probe.ts'
import { isAsciiText } from './byte-text.ts'
import type { KnownUnits } from './known-units.ts'

/** Fewer characters in a row hold no part of a value. */
const FEWEST = 8

/** What parts two stretches: a blank line ends every run and every segment, and folding leaves it out. */
const BETWEEN = '\n\n'

/** The texts that stand in bytes: stretches of UTF-8 and of UTF-16 in both orders, with a blank line between. Empty where there are none. */
function textsInBytes(bytes: Uint8Array, known: KnownUnits): string {
  if (bytes.length < FEWEST) return ''
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stretches: string[] = []
  addNarrow(buffer, known, stretches)
  for (const first of [0, 1]) addWide(buffer, first, known, stretches)
  return stretches.join(BETWEEN)
}

/** The texts in each of these that holds one. */
export function textsInAll(all: Iterable<Uint8Array>, known: KnownUnits): string[] {
  return Array.from(all, (bytes) => textsInBytes(bytes, known)).filter((text) => text !== '')
}

function addNarrow(bytes: Buffer, known: KnownUnits, stretches: string[]): void {
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

function addWide(bytes: Buffer, first: number, { units }: KnownUnits, stretches: string[]): void {
  const end = bytes.length - 1
  let little = 0
  let big = 0
  let at = first
  for (; at < end; at += 2) {
    const a = bytes[at] ?? 0
    const b = bytes[at + 1] ?? 0
    if (units[a | (b << 8)] === 1) little++
    else {
      if (little >= FEWEST) addUnits(bytes, at, little, false, stretches)
      little = 0
    }
    if (units[(a << 8) | b] === 1) big++
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
