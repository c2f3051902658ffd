import { Buffer } from 'node:buffer'
import { digitsOf, NO_DIGIT } from './digits.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { textsInAll } from './texts-in-bytes.ts'
import { rotatedUnit } from './turns.ts'

/** So many groups of ASCII text in a row are decoded and searched: in honest text they hardly ever stand by chance. */
const FEWEST_GROUPS = 2
const GROUP = 5
/** Of so many units ... */
const WINDOW = 20
/** ... so many at least are followed by one of another kind (letters of both cases, digits, signs) ... */
const CHANGES = 6
/** ... and so many lower-case letters at most by another, where words and names are not. */
const LETTERS = 3

/**
 * What runs of ascii85 units stand for: Adobe's wherever it begins, also reversed and in ROT13, and ZeroMQ's where it begins the
 * run.
 */
export function ascii85Texts(
  text: Uint16Array,
  run: { readonly start: number; readonly end: number },
  known: Uint8Array,
): MappedText[] {
  const { start, end } = run
  const units = withoutLineEnds(text, start, end)
  const count = units.length
  const hints = hintsIn(units)
  const random = randomParts(units)
  if (hints === 0 && random.length === 0) return []
  const plain = count === end - start
  const found: MappedText[] = []
  const add = (stretch: Stretch, backwards: boolean) => {
    if (!plain || backwards) found.push(wholeOf(stretch.text, start, end))
    else found.push(wholeOf(stretch.text, start + stretch.first, start + stretch.last))
  }
  for (const [digits, bit] of ALPHABETS) {
    const hinted = (hints & bit) !== 0
    const backwards = (hints & (bit << 4)) !== 0
    const looked = bit === Z85_HINT ? [] : random
    if (!hinted && !backwards && looked.length === 0) continue
    const forward = new Uint8Array(count)
    for (let i = 0; i < count; i++) forward[i] = digits[(units[i] ?? 0) & 127] ?? NO_DIGIT
    for (const part of looked) {
      const own = forward.slice(part.first, part.last)
      for (const one of everything(own, known)) add({ text: one, ...part }, false)
      for (const one of everything(own.reverse(), known)) add({ text: one, ...part }, false)
    }
    const most = bit === Z85_HINT ? GROUP : count
    if (hinted) for (const one of stretches(forward, most)) add(one, false)
    if (backwards) for (const one of stretches(forward.reverse(), most)) add(one, true)
  }
  return found
}

function withoutLineEnds(text: Uint16Array, start: number, end: number): Uint16Array {
  const units = text.subarray(start, end)
  return units.includes(0x0a) || units.includes(0x0d) ? units.filter((unit) => unit > 32) : units
}

interface Stretch {
  readonly text: string
  readonly first: number
  readonly last: number
}

/** In which alphabets two groups that follow each other are text, as their bits; shifted by four, in the reverse order. */
function hintsIn(units: Uint16Array): number {
  let hints = mayBeginZ85(units) ? Z85_HINT : 0
  const last = units.length - GROUP * FEWEST_GROUPS
  for (let at = 0; at < units.length - GROUP; at++) {
    const both =
      (firsts[(units[at] ?? 0) & 127] ?? 0) & (firsts[(units[at + GROUP] ?? 0) & 127] ?? 0)
    if (both === 0) continue
    for (let bit = 1; bit <= 2; bit <<= 1) {
      if ((both & bit) === 0) continue
      const digits = bit === 1 ? ADOBE : ROTATED
      if (at <= last && isTextAt(units, at, 1, digits) && isTextAt(units, at + GROUP, 1, digits)) {
        hints |= bit
      }
      if (
        at >= GROUP - 1 &&
        isTextAt(units, at + GROUP, -1, digits) &&
        isTextAt(units, at, -1, digits)
      ) {
        hints |= bit << 4
      }
    }
  }
  return hints
}

/** True where the five units from a place on, in either direction, are four bytes of text. */
function isTextAt(units: Uint16Array, at: number, step: number, digits: Uint8Array): boolean {
  let group = 0
  for (let i = 0, place = at; i < GROUP; i++, place += step) {
    const digit = digits[(units[place] ?? 0) & 127] ?? NO_DIGIT
    if (digit === NO_DIGIT) return false
    group = group * 85 + digit
  }
  return isText(group)
}

/** True where one of the first places may begin a group of text. */
function mayBeginZ85(units: Uint16Array): boolean {
  for (let at = 0; at < GROUP; at++) {
    if (!isFirst(Z85[(units[at] ?? 0) & 127] ?? NO_DIGIT)) continue
    if (isTextAt(units, at, 1, Z85) && isTextAt(units, at + GROUP, 1, Z85)) return true
  }
  return false
}

/** Groups of ASCII text in a row, from one of the first `within` places on. */
function stretches(digits: Uint8Array, within: number): Stretch[] {
  const found: Stretch[] = []
  const count = digits.length
  const last = Math.min(count - GROUP * FEWEST_GROUPS, within - 1)
  const seen = [0, 0, 0, 0, 0]
  for (let at = 0; at <= last; at++) {
    if (!isFirst(digits[at] ?? 0) || !isFirst(digits[at + GROUP] ?? 0)) continue
    if (at < (seen[at % GROUP] ?? 0)) continue
    if (!isText(groupAt(digits, at)) || !isText(groupAt(digits, at + GROUP))) continue
    let stop = at + GROUP * FEWEST_GROUPS
    while (stop + GROUP <= count && isText(groupAt(digits, stop))) stop += GROUP
    seen[at % GROUP] = stop
    const from = startOfText(digits, at)
    let rest = 0
    while (rest < GROUP - 1 && stop + rest < count && (digits[stop + rest] ?? 0) < 85) rest++
    const text = Buffer.from(bytesAt(digits, from, stop, rest)).toString('latin1')
    found.push({ text, first: from, last: stop + rest })
  }
  return found
}

/** A group before a stretch may end with characters of it. */
function startOfText(digits: Uint8Array, at: number): number {
  return at >= GROUP && groupAt(digits, at - GROUP) >= 0 ? at - GROUP : at
}

/** The parts of a run that look like bytes: decoded whatever their groups say. */
function randomParts(units: Uint16Array): { first: number; last: number }[] {
  const parts: { first: number; last: number }[] = []
  const half = WINDOW / 2
  let [changes, letters] = [0, 0]
  for (let at = 0; at + half <= units.length; at += half) {
    const [changesBefore, lettersBefore] = [changes, letters]
    changes = letters = 0
    for (let i = Math.max(1, at); i < at + half; i++) {
      const kind = kinds[(units[i] ?? 0) & 127] ?? 0
      const before = kinds[(units[i - 1] ?? 0) & 127] ?? 0
      if (kind !== before) changes++
      else if (kind === 1) letters++
    }
    if (at === 0 || changes + changesBefore < CHANGES || letters + lettersBefore > LETTERS) continue
    const last = parts.at(-1)
    const [first, end] = [Math.max(0, at - WINDOW), Math.min(units.length, at + WINDOW + half)]
    if (last !== undefined && first <= last.last) last.last = end
    else parts.push({ first, last: end })
  }
  return parts.filter(({ first, last }) => hasSign(units, first, last))
}

/** True where a unit stands that is none of base64: ascii85 of so many bytes has some, digests and tokens have none. */
function hasSign(units: Uint16Array, first: number, last: number): boolean {
  for (let i = first; i < last; i++) {
    const unit = units[i] ?? 0
    if ((kinds[unit & 127] ?? 0) === 4 && !BASE64_SIGNS.includes(unit)) return true
  }
  return false
}

const BASE64_SIGNS = Array.from('+/=_-', (sign) => sign.charCodeAt(0))

/** What the units stand for from each of the five places where a group may begin. */
function everything(digits: Uint8Array, known: Uint8Array): string[] {
  const readings = Array.from({ length: GROUP }, (_, first) => {
    const stop = first + Math.floor((digits.length - first) / GROUP) * GROUP
    return bytesAt(digits, first, stop, digits.length - stop)
  })
  return textsInAll(readings, known)
}

/** The four bytes of a group as a number; -1 where it is none. */
function groupAt(units: Uint8Array, at: number): number {
  let group = 0
  for (let i = at; i < at + GROUP; i++) {
    const digit = units[i] ?? NO_DIGIT
    if (digit === NO_DIGIT) return -1
    group = group * 85 + digit
  }
  return group < 2 ** 32 ? group : -1
}

/** True for four bytes of ASCII text; white space among them. */
function isText(group: number): boolean {
  if (group < 0 || group >= 2 ** 31 || (group & 0x80808080) !== 0) return false
  for (let shift = 0; shift < 32; shift += 8) {
    const byte = (group >> shift) & 127
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false
  }
  return true
}

/** The bytes of whole groups and of the units that are left over; what is no group is four NULs. */
function bytesAt(units: Uint8Array, at: number, stop: number, rest: number): Uint8Array {
  const bytes = Buffer.alloc(((stop - at) / GROUP) * 4 + 4)
  let length = 0
  for (let i = at; i < stop; i += GROUP) {
    length = bytes.writeUInt32BE(Math.max(0, groupAt(units, i)), length)
  }
  if (rest < 2) return bytes.subarray(0, length)
  let group = 0
  for (let i = 0; i < GROUP; i++) group = group * 85 + (i < rest ? (units[stop + i] ?? 0) : 84)
  for (let i = 0; i < rest - 1; i++) bytes[length++] = Math.floor(group / 256 ** (3 - i)) % 256
  return bytes.subarray(0, length)
}

/** True where a group that begins with this digit may be text, so with a byte from 9 to 126. */
function isFirst(digit: number): boolean {
  return digit >= 2 && digit <= 41
}

const ADOBE = digitsOf(Array.from({ length: 85 }, (_, i) => String.fromCharCode(33 + i)).join(''))
const Z85 = digitsOf(
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#',
)
/** Adobe's after ROT13. */
const ROTATED = ADOBE.map((_, unit) => ADOBE[rotatedUnit(unit)] ?? NO_DIGIT)

const Z85_HINT = 4
const ALPHABETS: readonly (readonly [Uint8Array, number])[] = [
  [ADOBE, 1],
  [ROTATED, 2],
  [Z85, Z85_HINT],
]

/** By unit: in which of the two alphabets it may begin a group of text. */
const firsts = ADOBE.map(
  (digit, unit) => (isFirst(digit) ? 1 : 0) | (isFirst(ROTATED[unit] ?? NO_DIGIT) ? 2 : 0),
)

/** By unit: lower case, upper case, digit or sign. */
const kinds = Uint8Array.from({ length: 128 }, (_, unit) => {
  if (unit >= 97 && unit <= 122) return 1
  if (unit >= 65 && unit <= 90) return 2
  return unit >= 48 && unit <= 57 ? 3 : 4
})
