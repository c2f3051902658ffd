import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'

/** Shorter stretches of text between bytes that are none mean nothing. */
const SHORTEST_STRETCH = 8
/** Raw deflate and Brotli begin with nothing to know them by. */
const SHORTEST_WITHOUT_SIGN = 12
const MOST_INFLATED = 4_000_000

/**
 * The text that bytes hold, as UTF-8 and UTF-16 in both orders and at both offsets, and that of what is compressed in them.
 * Stretches are parted by NUL, which is in no alphabet.
 *
 * @param fromItsStart false where the bytes were taken out of others: what has no sign at its start is then not looked for.
 */
export function textsInBytes(
  bytes: Buffer,
  known: (character: string) => boolean,
  fromItsStart = true,
): string[] {
  if (bytes.length < SHORTEST_STRETCH) return []
  const texts = [printable(bytes.toString('utf8'))]
  for (const offset of [0, 1]) {
    texts.push(wide(bytes, offset, offset + 1, known), wide(bytes, offset + 1, offset, known))
  }
  for (const inner of inflated(bytes, fromItsStart)) texts.push(...textsInBytes(inner, known))
  return texts.filter((text) => text !== '')
}

function printable(text: string): string {
  return text
    .split(/[\0-\x08\x0e-\x1f\x7f\ufffd]+/)
    .filter(({ length }) => length >= SHORTEST_STRETCH)
    .join('\0')
}

/** Any two bytes are some character: only ASCII, full-width forms and the characters of the values count. */
function wide(
  bytes: Buffer,
  low: number,
  high: number,
  known: (character: string) => boolean,
): string {
  const stretches: string[] = []
  let text = ''
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const unit = (bytes[at + low] ?? 0) | ((bytes[at + high] ?? 0) << 8)
    const character = String.fromCharCode(unit)
    const counts =
      (unit >= 32 && unit < 127) ||
      (unit >= 9 && unit <= 13) ||
      (unit > 0xff00 && unit < 0xff5f) ||
      (unit >= 128 && known(character))
    if (counts) text += character
    if (counts && at + 3 < bytes.length) continue
    if (text.length >= SHORTEST_STRETCH) stretches.push(text)
    text = ''
  }
  return stretches.join('\0')
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
  if (fromItsStart && bytes.length >= SHORTEST_WITHOUT_SIGN) {
    attempt(inflateRaw, 0)
    attempt(brotli, 0)
  }
  return found
}

// As far as it goes: what was cut off may still show a part of a value.
const partly = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_INFLATED }

function gunzip(part: Buffer): Buffer {
  return gunzipSync(part, partly)
}

function inflate(part: Buffer): Buffer {
  return inflateSync(part, partly)
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
