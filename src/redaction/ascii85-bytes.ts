import { Buffer } from 'node:buffer'
import { ADOBE, bytesOf, digitsFrom, GROUP, ROTATED } from './ascii85-digits.ts'
import { HAS_TEXT, probed } from './byte-probe.ts'
import { ByteRoom } from './byte-room.ts'
import type { KnownUnits } from './known-units.ts'
import { textsInAll } from './texts-in-bytes.ts'
import { isDigit, isLetter } from './unit-kinds.ts'

/** Of so many units ... */
const WINDOW = 20
/** ... so many at least are followed by one of another kind (letters of both cases, digits, signs) ... */
const CHANGES = 6
/** ... and so many lower-case letters at most by another, where words and names are not. */
const LETTERS = 5
/** ... and so many digits, of which dates and times have more; and some letter is upper case, as none is in most JSON and digests. */
const DIGITS = 11

/** Part of a text in ascii85. */
export interface Ascii85Run {
  readonly units: Uint16Array
  readonly start: number
  readonly end: number
}

/** Calls `add` with what the parts of a run stand for that look like bytes, whatever their groups say. */
export function addTextsOfBytes(
  run: Ascii85Run,
  known: KnownUnits,
  add: (text: string, first: number, last: number) => void,
): void {
  for (const { first, last } of randomParts(run)) {
    const part = run.units.subarray(first, last)
    for (const one of everything(part, known)) add(one, first, last)
  }
}

/**
 * The parts of a run that look like bytes. Near each a unit stands that is none of base64, or
 * of a list of it: ascii85 of so many bytes has some, digests, tokens and source maps have none.
 */
function randomParts({ units, start, end }: Ascii85Run): { first: number; last: number }[] {
  const parts: { first: number; last: number }[] = []
  const half = WINDOW / 2
  let before = 0
  let kind = 0
  let signed = start
  let lastSign = -1
  for (let at = start; at + half <= end; at += half) {
    let counts = 0
    for (let i = at; i < at + half; i++) {
      const next = kinds[(units[i] ?? 0) & 127] ?? 0
      counts += follows[(kind << 3) | next] ?? 0
      kind = next
    }
    const both = before + counts
    before = counts
    if (at === start || (both & 255) < CHANGES) continue
    if (((both >> 8) & 255) > LETTERS || ((both >> 16) & 255) > DIGITS || both >> 24 === 0) continue
    const first = Math.max(start, at - WINDOW)
    const stop = Math.min(end, at + WINDOW + half)
    for (signed = Math.max(signed, first); signed < stop; signed++) {
      if (kinds[(units[signed] ?? 0) & 127] === SIGN) lastSign = signed
    }
    if (lastSign < first) continue
    const last = parts.at(-1)
    if (last !== undefined && first <= last.last) last.last = stop
    else parts.push({ first, last: stop })
  }
  return parts
}

/** In more units there is no value that counts as a whole only. */
const LONGEST_WHOLE = 256

/**
 * What the units stand for in each alphabet and order, from each of the five places where a group may begin. Where a value counts
 * as a whole only, also what they do without some at the end: a group that was cut off ends otherwise with what stands beside it.
 */
function everything(units: Uint16Array, known: KnownUnits): string[] {
  const texts: string[] = []
  const bytes = room.of(units.length + GROUP)
  for (const digits of [ADOBE, ROTATED]) {
    const own = digitsFrom(units, 0, units.length, digits)
    for (const one of [own, own.toReversed()]) {
      for (let first = 0; first < GROUP; first++) {
        const count = bytesOf(one, first, bytes)
        if ((probed(bytes, count, known) & HAS_TEXT) === 0) continue
        const readings = [Buffer.from(bytes.subarray(0, count))]
        const most = known.wholeOnly && one.length <= LONGEST_WHOLE ? WINDOW : 0
        for (let cut = 1; cut <= most; cut++) {
          const shorter = bytesOf(one.subarray(0, one.length - cut), first, bytes)
          readings.push(Buffer.from(bytes.subarray(0, shorter)))
        }
        texts.push(...textsInAll(readings, known))
      }
    }
  }
  return texts
}

const room = new ByteRoom()

/** By unit: lower case, upper case, digit, a sign of base64 and of lists of it (in source maps), or another one. */
const SIGN = 5
const kinds = Uint8Array.from({ length: 128 }, (_, unit) => {
  if (isLetter(unit)) return unit >= 97 ? 1 : 2
  if (isDigit(unit)) return 3
  return '+/=_-,;'.includes(String.fromCharCode(unit)) ? 4 : SIGN
})

/** True for a unit that neither base64 nor a list of it has. */
export function isOwnSign(unit: number): boolean {
  return kinds[unit & 127] === SIGN
}

/** By kind and the next one, in bytes: they differ, but for signs; both are lower case; the next is a digit; it is upper case. */
const follows = Int32Array.from({ length: 64 }, (_, pair) => {
  const [one, other] = [pair >> 3, pair & 7]
  let counts = other === 3 ? 1 << 16 : other === 2 ? 1 << 24 : 0
  if (one !== 0 && Math.min(one, 4) !== Math.min(other, 4)) counts += 1
  if (one === 1 && other === 1) counts += 1 << 8
  return counts
})
