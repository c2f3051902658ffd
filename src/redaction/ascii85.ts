import { Buffer } from 'node:buffer'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { textOfBytes } from './other-bases.ts'

/** So many groups of ASCII text in a row are decoded and searched: in honest text they hardly ever stand by chance. */
const FEWEST_GROUPS = 2
const GROUP = 5
const NO_DIGIT = 255

/** What runs of ascii85 units stand for: Adobe's wherever it begins, ZeroMQ's where it begins the run. */
export function ascii85Texts(text: string, start: number, end: number): MappedText[] {
  const texts: MappedText[] = []
  scan(text, start, end, ADOBE, Number.POSITIVE_INFINITY, texts)
  scan(text, start, end, Z85, GROUP, texts)
  return texts
}

let room = new Uint8Array(1_024)

function scan(
  text: string,
  start: number,
  end: number,
  digits: Uint8Array,
  within: number,
  texts: MappedText[],
): void {
  if (room.length < end - start) room = new Uint8Array((end - start) * 2)
  const units = room
  const most = within === GROUP && end - start > 64 && !mayBegin(text, start, digits) ? 0 : end
  let count = 0
  for (let i = start; i < most; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 32) units[count++] = digits[unit & 127] ?? NO_DIGIT
  }
  const plain = count === end - start
  const last = Math.min(count - GROUP * FEWEST_GROUPS, within - 1)
  const seen = [0, 0, 0, 0, 0]
  for (let at = 0; at <= last; at++) {
    if (!FIRST[units[at] ?? 0] || !FIRST[units[at + GROUP] ?? 0]) continue
    if (at < (seen[at % GROUP] ?? 0)) continue
    if (!isText(groupAt(units, at)) || !isText(groupAt(units, at + GROUP))) continue
    let stop = at + GROUP * FEWEST_GROUPS
    while (stop + GROUP <= count && isText(groupAt(units, stop))) stop += GROUP
    seen[at % GROUP] = stop
    let rest = 0
    while (rest < GROUP - 1 && stop + rest < count && (units[stop + rest] ?? 0) < 85) rest++
    const one = textOfBytes(bytesAt(units, at, stop, rest))
    if (one === null) continue
    texts.push(plain ? wholeOf(one, start + at, start + stop + rest) : wholeOf(one, start, end))
  }
}

/** True where one of the first places may begin a group of text. */
function mayBegin(text: string, start: number, digits: Uint8Array): boolean {
  for (let at = start; at < start + GROUP; at++) {
    if (!FIRST[digits[text.charCodeAt(at) & 127] ?? NO_DIGIT]) continue
    if (FIRST[digits[text.charCodeAt(at + GROUP) & 127] ?? NO_DIGIT]) return true
  }
  return false
}

/** The four bytes of a group as a number; -1 where it is none. */
function groupAt(units: Uint8Array, at: number): number {
  let group = 0
  for (let i = at; i < at + GROUP; i++) {
    const digit = units[i] ?? NO_DIGIT
    if (digit === NO_DIGIT) return -1
    group = group * 85 + digit
  }
  return group < 2 ** 31 ? group : -1
}

/** True for four bytes of ASCII text; white space among them. */
function isText(group: number): boolean {
  if (group < 0 || (group & 0x80808080) !== 0) return false
  for (let shift = 0; shift < 32; shift += 8) {
    const byte = (group >> shift) & 127
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false
  }
  return true
}

function bytesAt(units: Uint8Array, at: number, stop: number, rest: number): Uint8Array {
  const bytes = Buffer.alloc(((stop - at) / GROUP) * 4 + 4)
  let length = 0
  for (let i = at; i < stop; i += GROUP) length = bytes.writeUInt32BE(groupAt(units, i), length)
  if (rest < 2) return bytes.subarray(0, length)
  let group = 0
  for (let i = 0; i < GROUP; i++) group = group * 85 + (i < rest ? (units[stop + i] ?? 0) : 84)
  for (let i = 0; i < rest - 1; i++) bytes[length++] = Math.floor(group / 256 ** (3 - i)) % 256
  return bytes.subarray(0, length)
}

/** By digit: true where a group that begins with it may be text, so with a byte from 9 to 126. */
const FIRST = Array.from({ length: 256 }, (_, digit) => digit >= 2 && digit <= 41)

const ADOBE = digitsOf(Array.from({ length: 85 }, (_, i) => String.fromCharCode(33 + i)).join(''))
const Z85 = digitsOf(
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#',
)

function digitsOf(alphabet: string): Uint8Array {
  const digits = new Uint8Array(128).fill(NO_DIGIT)
  for (let i = 0; i < alphabet.length; i++) digits[alphabet.charCodeAt(i)] = i
  return digits
}
