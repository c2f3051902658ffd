import { Buffer, isUtf8 } from 'node:buffer'

/** Bytes that are no UTF-8 stand as this and the byte: half a pair, which no text has alone (PEP 383). */
const ESCAPED = 0xdc00

/** Bytes as the text that they are in UTF-8; what is none in it is kept, so that the way back gives the same bytes. */
export function textFromBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString('utf8')
  let text = ''
  let from = 0
  for (let at = 0; at < buffer.length; ) {
    const size = sequenceSize(buffer, at)
    if (size > 0) {
      at += size
      continue
    }
    text += buffer.toString('utf8', from, at) + String.fromCharCode(ESCAPED | (buffer[at] ?? 0))
    at++
    from = at
  }
  return text + buffer.toString('utf8', from)
}

/** The way back of `textFromBytes`. */
export function bytesFromText(text: string): Buffer {
  if (!/[\udc80-\udcff]/.test(text)) return Buffer.from(text, 'utf8')
  // With `u`, the halves of whole pairs are not matched.
  const pieces = text.split(/([\udc80-\udcff]+)/u)
  return Buffer.concat(
    pieces.map((piece, index) =>
      index % 2 === 0
        ? Buffer.from(piece, 'utf8')
        : Buffer.from(Array.from(piece, (unit) => unit.charCodeAt(0) & 255)),
    ),
  )
}

/** True for a byte, or a character below 128, of ASCII text; white space among them. */
export function isAsciiText(byte: number): boolean {
  return (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13)
}

/** How many bytes the character at a place has; 0 where none is well-formed there (RFC 3629, section 4). */
export function sequenceSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (size === 0 || at + size > bytes.length) return 0
  const second = bytes[at + 1] ?? 0
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let i = 2; i < size; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  return size
}
