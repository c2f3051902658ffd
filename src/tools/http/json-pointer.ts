import type { Json } from '../../core/json.ts'

/** What a JSON Pointer (RFC 6901) leads to; undefined where it leads to nothing. */
export function pointed(value: Json, pointer: string): Json | undefined {
  let current: Json | undefined = value
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof current !== 'object' || current === null) return undefined
    if (isList(current))
      current = /^(?:0|[1-9]\d{0,8})$/.test(name) ? current[Number(name)] : undefined
    else current = Object.hasOwn(current, name) ? current[name] : undefined
  }
  return current
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
