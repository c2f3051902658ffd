import type { Json } from '../../core/json.ts'

/** A JSON text as a value that says the same; null where none does, and the text itself has to be delivered. */
export interface LosslessJson {
  readonly value: Json
  /** How many numbers became strings, since a double cannot hold them. */
  readonly asStrings: number
}

const MAX_DEPTH = 200

/**
 * Parses JSON without losing digits: integers beyond 2^53 and decimals that do not round-trip become strings. Null for what is not
 * JSON, for names that stand twice in one object (a parser keeps one of them), and for what is nested too deep to walk.
 */
export function parseLossless(text: string): LosslessJson | null {
  let asStrings = 0
  const reviver = (_key: string, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source
    if (typeof value !== 'number' || source === undefined || isExact(source, value)) return value
    asStrings += 1
    return source
  }
  try {
    if (!hasOneOfEachName(text)) return null
    // A reviver costs a walk over everything, and most answers have no number that needs it.
    const value: unknown = /[\d.]{16}|\d[eE]/.test(text)
      ? JSON.parse(text, reviver)
      : JSON.parse(text)
    return isJson(value) ? { value, asStrings } : null
  } catch {
    return null
  }
}

/** Whether a double says the same as the text that it was read from. */
function isExact(source: string, value: number): boolean {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    return false
  return decimal(source) === decimal(String(value))
}

/** A number's text as its digits and the power of ten that they are multiplied with: `1.50e2` and `150` are the same. */
function decimal(text: string): string {
  const match = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) return text
  const [, whole = '', fraction = '', power = '0'] = match
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const exponent = Number(power) - fraction.length + (digits.length - significant.length)
  return `${text.startsWith('-') ? '-' : ''}${significant}e${exponent}`
}

/** A walk over the tokens: names that stand twice in one object, and depth. What is not JSON is found by the parser itself. */
function hasOneOfEachName(text: string): boolean {
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs
  const stack: (Set<string> | null)[] = []
  let name: string | null = null
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      if (stack.push(token === '{' ? new Set() : null) > MAX_DEPTH) return false
    } else if (token === '}' || token === ']') stack.pop()
    else if (token !== ':') name = token
    else if (name !== null) {
      const names = stack.at(-1)
      const plain = name.includes('\\') ? String(JSON.parse(name)) : name.slice(1, -1)
      if (names?.has(plain) === true) return false
      names?.add(plain)
      name = null
    }
  }
  return true
}

/** INVARIANT: `value` is what JSON.parse gave, with no more than strings put in; so it is JSON. */
function isJson(value: unknown): value is Json {
  return value !== undefined
}
