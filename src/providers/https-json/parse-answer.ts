/** `JSON.parse` gives a reviver the number as it was written; the types of TypeScript do not know it yet. */
type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context?: { readonly source?: string },
) => unknown

/** A body as JSON; undefined where it is none. A number that a double cannot hold is given as it was written. */
export function parseAnswer(body: Buffer): unknown {
  const lossless: Reviver = (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && !isExact(value, context.source)
      ? context.source
      : value
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    return JSON.parse(text, lossless) as unknown
  } catch {
    return undefined
  }
}

function isExact(value: number, source: string): boolean {
  return String(value) === source || (Number.isSafeInteger(value) && !/[.eE]/.test(source))
}
