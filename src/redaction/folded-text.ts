import { Buffer } from 'node:buffer'

/**
 * Folded text: letters without case, digits, and a few classes of other letters, as numbers from 1 to 63; everything else
 * (spaces, dashes, quotes, zero-width characters) is left out. Full-width forms are folded to what they stand for. In it a value
 * that was spread out, wrapped, or changed in case stands in one piece.
 */
const LARGEST_FOLDED = 63
export const FOLDED_BITS = 6

/** Where `FoldedText` notes how far it is, so that a place is found again. */
const BLOCK = 1_024

/** Read through a buffer above this: an array is read twice as fast as a string. */
const LONG = 512

let table: Uint8Array | null = null

/** By UTF-16 code unit: its folded form, 0 where it is left out. */
export function foldTable(): Uint8Array {
  if (table !== null) return table
  const made = new Uint8Array(65_536)
  // Other letters share a few classes: enough to tell texts apart, since what is found is compared over its whole length.
  for (let unit = 0xc0; unit < 65_536; unit++) made[unit] = 37 + (lowerCase(unit) % 27)
  for (const [first, last] of LEFT_OUT) made.fill(0, first, last + 1)
  for (let i = 0; i < 26; i++) {
    for (const base of [0x41, 0x61, 0xff21, 0xff41]) made[base + i] = 1 + i
  }
  for (let i = 0; i < 10; i++) for (const base of [0x30, 0xff10]) made[base + i] = 27 + i
  table = made
  return made
}

/** Scripts with two cases end here, but for letters of phonetics and scholars. */
const LAST_CASED = 0x588

function lowerCase(unit: number): number {
  if (unit >= LAST_CASED) return unit
  const lower = String.fromCharCode(unit).toLowerCase()
  return lower.length === 1 ? lower.charCodeAt(0) : unit
}

/** Signs, marks that combine, and what has no width. */
const LEFT_OUT = [
  [0xd7, 0xd7],
  [0xf7, 0xf7],
  [0x300, 0x36f],
  [0x600, 0x605],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x206f],
  [0x20d0, 0x20ff],
  [0x2190, 0x23ff],
  [0x2500, 0x27bf],
  [0x3000, 0x3003],
  [0x3008, 0x3020],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfe30, 0xfe6f],
  [0xfeff, 0xfeff],
  [0xff00, 0xff0f],
  [0xff1a, 0xff20],
  [0xff3b, 0xff40],
  [0xff5b, 0xff65],
  [0xffa0, 0xffa0],
  [0xffe0, 0xffff],
  // Halves of pairs: emoji and tags between characters; letters among them are folded by `unescaped`.
  [0xd800, 0xdfff],
] as const

const ONE_BLOCK = new Int32Array(1)

/**
 * The folded form of one text, and where each of its units came from. INVARIANT: it is there until the next one is made, which takes the
 * same room.
 */
export class FoldedText {
  readonly text: string
  readonly units: Uint8Array
  readonly length: number
  /** By block of the text: how many folded units come before it. */
  readonly #before: Int32Array

  constructor(text: string) {
    this.text = text
    this.units = shared(text.length + 1)
    if (text.length <= LONG) {
      this.#before = ONE_BLOCK
      this.length = foldString(text, this.units)
    } else {
      this.#before = new Int32Array(Math.ceil(text.length / BLOCK))
      let length = 0
      for (let block = 0, at = 0; at < text.length; block++, at += BLOCK) {
        this.#before[block] = length
        length = foldArray(text, at, Math.min(text.length, at + BLOCK), this.units, length)
      }
      this.length = length
    }
    this.units[this.length] = 0
  }

  /** The part of the text that so many folded units from `first` on stand in. */
  span(first: number, count: number): { start: number; end: number } {
    const places = this.places(first, count)
    return { start: places[0] ?? 0, end: (places[count - 1] ?? 0) + 1 }
  }

  /** Where in the text the folded units from `first` on stand, `count` of them. */
  places(first: number, count: number): Int32Array {
    const places = new Int32Array(count)
    let low = 0
    let high = this.#before.length
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if ((this.#before[middle] ?? 0) <= first) low = middle
      else high = middle
    }
    const fold = foldTable()
    let index = (this.#before[low] ?? 0) - first
    for (let at = low * BLOCK; index < count && at < this.text.length; at++) {
      if (fold[this.text.charCodeAt(at)] === 0) continue
      if (index >= 0) places[index] = at
      index++
    }
    return places
  }
}

/** The folded form of a short text by itself. */
export function folded(text: string): Uint8Array {
  const into = new Uint8Array(text.length + 1)
  return into.slice(0, foldString(text, into))
}

let room = new Uint8Array(0)

function shared(size: number): Uint8Array {
  if (size > 1 << 20) return new Uint8Array(size)
  if (room.length < size) room = new Uint8Array(Math.max(size, 1 << 16))
  return room
}

const unitsOf = new Uint16Array(BLOCK)
const unitBytes = Buffer.from(unitsOf.buffer)

function foldArray(text: string, at: number, end: number, into: Uint8Array, from: number): number {
  const fold = foldTable()
  unitBytes.write(text.slice(at, end), 'utf16le')
  const count = end - at
  let length = from
  for (let i = 0; i < count; i++) {
    const unit = fold[unitsOf[i] ?? 0] ?? 0
    into[length] = unit
    length += (unit + LARGEST_FOLDED) >> FOLDED_BITS
  }
  return length
}

function foldString(text: string, into: Uint8Array): number {
  const fold = foldTable()
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = fold[text.charCodeAt(i)] ?? 0
    into[length] = unit
    length += (unit + LARGEST_FOLDED) >> FOLDED_BITS
  }
  return length
}
