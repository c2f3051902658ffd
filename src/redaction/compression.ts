/** What gzip, zlib or zstd made begins with a sign of its own. */
export type Compression = 'gzip' | 'zlib' | 'zstd'

/** Whose sign stands at a place (RFC 1952, 2.3.1; RFC 1950, 2.2, without a dictionary; RFC 8878, 3.1.1); null for nobody's. */
export function compressionAt(bytes: Uint8Array, at: number): Compression | null {
  const first = bytes[at] ?? 0
  const second = bytes[at + 1] ?? 0
  if (first === 0x1f) return second === 0x8b && bytes[at + 2] === 8 ? 'gzip' : null
  if (first === 0x78) {
    return ((first << 8) | second) % 31 === 0 && (second & 0x20) === 0 ? 'zlib' : null
  }
  const zstd = first === 0x28 && second === 0xb5 && bytes[at + 2] === 0x2f && bytes[at + 3] === 0xfd
  return zstd ? 'zstd' : null
}
