import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * The one text of a JSON value: RFC 8785 (JSON Canonicalization Scheme).
 *
 * @throws TypeError where the value is not JSON (undefined, NaN, a cycle).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('the value is not JSON')
  return text
}

/** SHA-256, as 64 lower-case hex digits, of a text's UTF-8 bytes or of bytes. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
