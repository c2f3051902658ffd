import { type Refusal, refuse } from '../../core/refusal.ts'
import type { HttpInput } from './input.ts'

const MAX_BYTES = 1_048_576
const MAX_DEPTH = 100

/** The body of an input as the text that is sent, null where there is none. */
export function bodyText(
  input: HttpInput,
): { readonly text: string; readonly contentType: string } | null | Refusal {
  if (input.body === undefined && input.body_text === undefined) return null
  if (input.body !== undefined && input.body_text !== undefined) {
    return refuse('invalid_input', 'both `body` and `body_text` are given', 'give one of them')
  }
  if (input.method === 'GET' || input.method === 'HEAD') {
    return refuse(
      'invalid_input',
      `a ${input.method} request has no body`,
      'leave the body out, or use `query`',
    )
  }
  if (input.body_text !== undefined) return sized(input.body_text, 'text/plain; charset=utf-8')
  const problem = jsonProblem(input.body, 0)
  if (problem !== null) return problem
  return sized(JSON.stringify(input.body), 'application/json')
}

function sized(text: string, contentType: string) {
  if (!text.isWellFormed())
    return refuse(
      'invalid_input',
      'the body holds half of a surrogate pair',
      'write well-formed text',
    )
  if (Buffer.byteLength(text) > MAX_BYTES)
    return refuse('invalid_input', `the body is larger than ${MAX_BYTES} bytes`, 'send less')
  return { text, contentType }
}

/** What of a value is not what its author wrote: it was JSON text once, and numbers have lost digits on the way. */
function jsonProblem(value: unknown, depth: number): Refusal | null {
  if (depth > MAX_DEPTH)
    return refuse(
      'invalid_input',
      `the body is nested deeper than ${MAX_DEPTH} levels`,
      'send it flatter',
    )
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      return refuse(
        'invalid_input',
        'the body holds an integer beyond 2^53, which has lost digits',
        'send the JSON text in `body_text`, with the header content-type: application/json',
      )
    }
    return null
  }
  if (depth === 0 && typeof value === 'string' && /^\s*[[{]/.test(value)) {
    return refuse(
      'invalid_input',
      '`body` is JSON text in a string',
      'give the value itself, or send the text in `body_text` with the header content-type: application/json',
    )
  }
  if (typeof value !== 'object' || value === null) return null
  for (const inner of Object.values(value)) {
    const problem = jsonProblem(inner, depth + 1)
    if (problem !== null) return problem
  }
  return null
}
