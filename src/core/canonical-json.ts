import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * The one text of a JSON value: RFC 8785 (JSON Canonicalization Scheme).
 *
 * @throws TypeError where the value is not JSON (undefined, NaN, a cycle).
 */
export function canonicalJson(value: unknown): string {
  const text = plainText(value, 0) ?? canonicalize(value)
  if (text === undefined) throw new TypeError('the value is not JSON')
  return text
}

/** SHA-256, as 64 lower-case hex digits, of a text's UTF-8 bytes or of bytes. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** What nests deeper may be a cycle, which only the library tells apart. */
const DEEPEST = 64

/** The same text at a fraction of the cost, which each call pays several times; null for what is not plain JSON: the library judges that. */
function plainText(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : null
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : null
  if (typeof value !== 'object' || depth === DEEPEST) return null
  if (isPlainArray(value)) return arrayText(value, depth)
  return isPlainObject(value) ? objectText(value, depth) : null
}

function arrayText(values: readonly unknown[], depth: number): string | null {
  let text = ''
  for (const value of values) {
    const inner = plainText(value, depth + 1)
    if (inner === null) return null
    text += text === '' ? inner : `,${inner}`
  }
  return `[${text}]`
}

function objectText(object: Members, depth: number): string | null {
  let text = ''
  // By UTF-16 units, as RFC 8785 wants it.
  for (const name of Object.keys(object).sort()) {
    const inner = plainText(object[name], depth + 1)
    if (inner === null || !name.isWellFormed()) return null
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${inner}`
  }
  return `{${text}}`
}

type Members = { readonly [name: string]: unknown }

function isPlainObject(value: object): value is Members {
  return Object.getPrototypeOf(value) === Object.prototype && !('toJSON' in value)
}

function isPlainArray(value: object): value is readonly unknown[] {
  return Array.isArray(value) && !('toJSON' in value)
}
