import { Buffer } from 'node:buffer'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The characters of base32 (RFC 4648, section 6) that depend on these bytes alone, for each of the five places in a group. */
export function base32Inner(bytes: Uint8Array): string[] {
  return [0, 1, 2, 3, 4].map((shift) => {
    let out = ''
    let held = 0
    // The bits of a first digit that is shared with the bytes before are passed over.
    let bits = -((5 - ((shift * 8) % 5)) % 5)
    for (const byte of bytes) {
      held = ((held << 8) | byte) & 0xffff
      bits += 8
      while (bits >= 5) {
        bits -= 5
        out += BASE32.charAt((held >> bits) & 31)
      }
    }
    return out
  })
}

/** The whole groups of Adobe's ascii85 that these bytes make, for each of the four places at which a group may begin in them. */
export function ascii85Inner(bytes: Uint8Array): string[] {
  return [0, 1, 2, 3].map((first) => {
    let out = ''
    for (let at = first; at + 4 <= bytes.length; at += 4) {
      let group = 0
      for (let i = 0; i < 4; i++) group = group * 256 + (bytes[at + i] ?? 0)
      let digits = ''
      for (let i = 0; i < 5; i++) {
        digits = String.fromCharCode(33 + (group % 85)) + digits
        group = Math.floor(group / 85)
      }
      out += digits
    }
    return out
  })
}

/** The characters of base64 that depend on these bytes alone, `shift` bytes after the start of a group. */
export function base64Inner(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
  const first = Math.ceil((shift * 8) / 6)
  return encoded.slice(first, Math.floor(((shift + bytes.length) * 8) / 6))
}
