import { createRedactor } from '../../src/redaction/redactor.ts'
import { median, msOf, quantile } from '../figures.ts'
import { INPUTS, type InputName, secretsOf } from './inputs.ts'

const CHUNK = 1_000
/** A stream that holds all back searches all again with each chunk: no longer than this, in ms, for one of them. */
const LONGEST = 15_000

/** One input, pushed through a stream in chunks of 1 kB. */
export interface Streaming {
  readonly input: InputName
  readonly secrets: number
  /** How much was pushed, in UTF-16 code units: less than was meant where it took too long. */
  readonly pushed: number
  /** UTF-16 code units that were pushed and not yet emitted, after each chunk. */
  readonly held: { readonly most: number; readonly average: number }
  /** Milliseconds of one `push`; null where the text is withheld. */
  readonly push: { readonly median: number; readonly p99: number } | null
}

/** Without a secret in the input, what comes out is what went in, and the difference of their lengths is what is held back. */
export function streaming(effort: {
  readonly length: number
  readonly counts: readonly number[]
}): Streaming[] {
  return (['text', 'JSON', 'log', 'base64'] as const).flatMap((input) => {
    const text = INPUTS[input](effort.length)
    return effort.counts.map((count) => ({ input, secrets: count, ...streamed(text, count) }))
  })
}

function streamed(text: string, count: number): Omit<Streaming, 'input' | 'secrets'> {
  const redactor = createRedactor()
  for (const secret of secretsOf(count)) redactor.register(secret)
  // For the compiler and the tables.
  redactor.session().text(text.slice(0, CHUNK))
  const stream = redactor.session().stream()
  const held: number[] = []
  const times: number[] = []
  const started = performance.now()
  let pushed = 0
  let emitted = 0
  try {
    while (pushed < text.length && performance.now() - started < LONGEST) {
      const chunk = text.slice(pushed, pushed + CHUNK)
      pushed += chunk.length
      times.push(
        msOf(() => {
          emitted += stream.push(chunk).length
        }),
      )
      held.push(pushed - emitted)
    }
    emitted += stream.end().length
  } catch {
    return { pushed, held: summary(held), push: null }
  }
  if (emitted !== pushed) throw new Error('the stream changed a text that holds no secret')
  const push = { median: median(times), p99: quantile(times, 0.99) }
  return { pushed, held: summary(held), push }
}

function summary(held: readonly number[]): Streaming['held'] {
  const sum = held.reduce((total, one) => total + one, 0)
  return { most: Math.max(0, ...held), average: sum / Math.max(1, held.length) }
}
