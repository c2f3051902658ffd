import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  zstdDecompressSync,
} from 'node:zlib'

/** Shorter stretches of text between bytes that are none mean nothing. */
const SHORTEST_STRETCH = 8
/** Raw deflate and Brotli begin with little to know them by. */
const SHORTEST_WITHOUT_SIGN = 12
const MOST_INFLATED = 4_000_000

/** 1 for each UTF-16 code unit that counts as text. */
export type KnownUnits = Uint8Array

/** ASCII, full-width forms, and the characters of these texts: in UTF-16 any two bytes are some character. */
export function knownUnits(texts: readonly string[]): KnownUnits {
  const known = new Uint8Array(65_536)
  known.fill(1, 9, 14).fill(1, 32, 127).fill(1, 0xff01, 0xff5f)
  for (const text of texts) for (let i = 0; i < text.length; i++) known[text.charCodeAt(i)] = 1
  return known
}

/**
 * The text that bytes hold, as UTF-8 and UTF-16 in both orders and at both offsets, and that of what is compressed in them.
 * Stretches are parted by NUL, which is in no alphabet.
 *
 * @param fromItsStart false where the bytes were taken out of others: what has no sign at its start is then not looked for.
 */
export function textsInBytes(bytes: Buffer, known: KnownUnits, fromItsStart = true): string[] {
  if (bytes.length < SHORTEST_STRETCH) return []
  const texts = [printable(bytes.toString('utf8'))]
  for (const offset of [0, 1]) {
    texts.push(wide(bytes, offset, offset + 1, known), wide(bytes, offset + 1, offset, known))
  }
  for (const inner of inflated(bytes, fromItsStart)) texts.push(...textsInBytes(inner, known))
  return texts.filter((text) => text !== '')
}

function printable(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what parts text from other bytes
      .split(/[\0-\x08\x0e-\x1f\x7f\ufffd]+/)
      .filter(({ length }) => length >= SHORTEST_STRETCH)
      .join('\0')
  )
}

function wide(bytes: Buffer, low: number, high: number, known: KnownUnits): string {
  const stretches: string[] = []
  let length = 0
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const unit = (bytes[at + low] ?? 0) | ((bytes[at + high] ?? 0) << 8)
    if (known[unit] === 1) length++
    const ends = known[unit] !== 1 || at + 3 >= bytes.length
    if (!ends) continue
    if (length >= SHORTEST_STRETCH) {
      const end = known[unit] === 1 ? at + 2 : at
      stretches.push(textOf(bytes, end - 2 * length, end, low, high))
    }
    length = 0
  }
  return stretches.join('\0')
}

function textOf(bytes: Buffer, from: number, to: number, low: number, high: number): string {
  let text = ''
  for (let at = from; at < to; at += 2) {
    text += String.fromCharCode((bytes[at + low] ?? 0) | ((bytes[at + high] ?? 0) << 8))
  }
  return text
}

function inflated(bytes: Buffer, fromItsStart: boolean): Buffer[] {
  const found: Buffer[] = []
  const attempt = (inflate: (part: Buffer) => Buffer, at: number) => {
    // A stack for each of many thousand errors takes most of the time.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      const inner = inflate(bytes.subarray(at))
      if (inner.length >= SHORTEST_STRETCH) found.push(inner)
    } catch {
      // Not what it looked like.
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }
  for (let at = 0; at + 8 < bytes.length; at++) {
    const first = bytes[at]
    const second = bytes[at + 1] ?? 0
    if (first === 0x1f && second === 0x8b) attempt(gunzip, at)
    else if (first === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(second)) attempt(inflate, at)
    else if (first === 0x28 && second === 0xb5 && bytes[at + 2] === 0x2f) attempt(zstd, at)
  }
  if (!fromItsStart || bytes.length < SHORTEST_WITHOUT_SIGN) return found
  const first = bytes[0] ?? 0
  // One last block with either Huffman code; windows of 4 and 16 MB, which is what encoders choose.
  if ([3, 5].includes(first & 7)) attempt(inflateRaw, 0)
  if ([11, 15].includes(first & 15)) attempt(brotli, 0)
  return found
}

// As far as it goes: what was cut off may still show a part of a value.
const partly = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_INFLATED }

// Without the checks at the end, which a character beside it would break.
function gunzip(part: Buffer): Buffer {
  return part[3] === 0 ? inflateRawSync(part.subarray(10), partly) : gunzipSync(part, partly)
}

function inflate(part: Buffer): Buffer {
  return inflateRawSync(part.subarray(2), partly)
}

function inflateRaw(part: Buffer): Buffer {
  return inflateRawSync(part, partly)
}

function brotli(part: Buffer): Buffer {
  const finishFlush = constants.BROTLI_OPERATION_FLUSH
  return brotliDecompressSync(part, { finishFlush, maxOutputLength: MOST_INFLATED })
}

function zstd(part: Buffer): Buffer {
  const finishFlush = constants.ZSTD_e_flush
  return zstdDecompressSync(part, { finishFlush, maxOutputLength: MOST_INFLATED })
}
