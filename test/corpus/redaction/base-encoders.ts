const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** RFC 4648, section 6. */
export function base32(bytes: Uint8Array, padded = true): string {
  let out = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += BASE32.charAt((held >> bits) & 31)
    }
    held &= (1 << bits) - 1
  }
  if (bits > 0) out += BASE32.charAt((held << (5 - bits)) & 31)
  return padded ? out.padEnd(Math.ceil(out.length / 8) * 8, '=') : out
}

/** With Bitcoin's alphabet. */
export function base58(bytes: Uint8Array): string {
  let number = BigInt(`0x00${Buffer.from(bytes).toString('hex')}`)
  let out = ''
  for (; number > 0n; number /= 58n) out = BASE58.charAt(Number(number % 58n)) + out
  const zeros = bytes.findIndex((byte) => byte !== 0)
  return '1'.repeat(Math.max(0, zeros)) + out
}

/** Adobe's, without the frame of `<~` and `~>`. */
export function ascii85(bytes: Uint8Array): string {
  let out = ''
  for (let at = 0; at < bytes.length; at += 4) {
    const group = Buffer.alloc(4)
    const size = Buffer.from(bytes).copy(group, 0, at, at + 4)
    let number = group.readUInt32BE(0)
    if (number === 0 && size === 4) {
      out += 'z'
      continue
    }
    let characters = ''
    for (let i = 0; i < 5; i++) {
      characters = String.fromCharCode(33 + (number % 85)) + characters
      number = Math.floor(number / 85)
    }
    out += characters.slice(0, size + 1)
  }
  return out
}

/** RFC 3492, 6.3. ASCII comes out as it is with a hyphen after it. */
export function punycode(text: string): string {
  const points = [...text].map((character) => character.codePointAt(0) ?? 0)
  const basic = points.filter((point) => point < 128)
  let out = String.fromCodePoint(...basic)
  if (basic.length > 0) out += '-'
  let next = 128
  let delta = 0
  let bias = 72
  for (let done = basic.length; done < points.length; next++, delta++) {
    const least = Math.min(...points.filter((point) => point >= next))
    delta += (least - next) * (done + 1)
    next = least
    for (const point of points) {
      if (point < next) delta++
      if (point !== next) continue
      let rest = delta
      for (let k = 36; ; k += 36) {
        const threshold = k <= bias ? 1 : Math.min(26, k - bias)
        if (rest < threshold) {
          out += digit(rest)
          break
        }
        out += digit(threshold + ((rest - threshold) % (36 - threshold)))
        rest = Math.floor((rest - threshold) / (36 - threshold))
      }
      bias = adapted(delta, done + 1, done === basic.length)
      delta = 0
      done++
    }
  }
  return out
}

function digit(value: number): string {
  return 'abcdefghijklmnopqrstuvwxyz0123456789'.charAt(value)
}

function adapted(delta: number, points: number, first: boolean): number {
  let rest = Math.floor(delta / (first ? 700 : 2))
  rest += Math.floor(rest / points)
  let k = 0
  for (; rest > 455; k += 36) rest = Math.floor(rest / 35)
  return k + Math.floor((36 * rest) / (rest + 38))
}
