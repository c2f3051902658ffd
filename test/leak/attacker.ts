import type { CallAnswer } from '../../src/broker/call.ts'
import type { SeededRandom } from '../corpus/redaction/seeded-random.ts'
import { transformation } from '../corpus/redaction/transformations.ts'

const CANDIDATES = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789']

/** In which a guess is written, by the attacker or by the upstream. */
const ENCODINGS = [
  'raw',
  'base64',
  'base64url, after 2 bytes',
  'hex, lower case',
  'percent, all',
  'reversed',
  'upper case',
  'separated, spaces',
  'html decimal',
  'bytes, JSON',
  'basic auth',
].map(transformation)

/** What the attacker was told: everything about the value but its secret part. */
export interface Known {
  readonly before: string
  readonly after: string
}

/** One thing that is tried with each candidate in turn, and only the candidate changes. */
export interface Question {
  readonly name: string
  /** What is sent for one candidate; for all at once where `together`. */
  readonly note: (candidate: string) => string
  /** All candidates go into one echo. */
  readonly together: boolean
  /** Which character of the secret part is asked about, from its start or, below zero, from its end. */
  readonly at: number
}

/** What is seen when a candidate is tried, without the candidate. */
export interface Observation {
  readonly question: Question
  readonly candidate: string
  readonly seen: string
}

/**
 * All questions about the first and the last unknown character: what is known and a candidate beside it, in each encoding, one
 * a call and all in one echo; and the candidate among others.
 */
export function questions(known: Known, random: SeededRandom): Question[] {
  const filler = random.text(9, CANDIDATES.join(''))
  const shapes: readonly { name: string; at: number; make: (candidate: string) => string }[] = [
    { name: 'the first character', at: 0, make: (c) => `${known.before}${c}` },
    { name: 'the last character', at: -1, make: (c) => `${c}${known.after}` },
    { name: 'with random ones', at: 0, make: (c) => `${known.before}${c}${filler}` },
    { name: 'after random ones', at: -1, make: (c) => `${filler}${c}${known.after}` },
    { name: 'many times', at: 0, make: (c) => c.repeat(40) },
  ]
  const encoded = ENCODINGS.flatMap((encoding) => shapes.map((shape) => ({ encoding, shape })))
  const order = encoded
    .map((one) => ({ one, key: random.below(1_000_000) }))
    .sort((a, b) => a.key - b.key)
  return order.flatMap(({ one: { encoding, shape } }) =>
    [true, false].map((together) => ({
      name: `${shape.name}, ${encoding.name}${together ? ', all in one echo' : ''}`,
      note: (candidate: string) => encoding.encode(shape.make(candidate)),
      together,
      at: shape.at,
    })),
  )
}

/** The calls of one question, and what is seen in their answers. */
export async function* asked(
  question: Question,
  send: (note: string) => Promise<CallAnswer>,
): AsyncGenerator<Observation[]> {
  if (!question.together) {
    for (const candidate of CANDIDATES) {
      const note = question.note(candidate)
      yield [{ question, candidate, seen: shapeOf(await send(note)) }]
    }
    return
  }
  const items = CANDIDATES.map((candidate) => `<${question.note(candidate)}>`)
  const answer = await send(items.join('\n'))
  const text = JSON.stringify(answer)
  if (answer.kind !== 'performed') {
    yield CANDIDATES.map((candidate) => ({ question, candidate, seen: shapeOf(answer) }))
    return
  }
  yield CANDIDATES.map((candidate, index) => {
    const item = JSON.stringify(items[index] ?? '').slice(1, -1)
    return { question, candidate, seen: text.includes(item) ? 'shown' : 'not shown' }
  })
}

/**
 * The questions whose right candidate was answered otherwise than every wrong one: what can be learned. An answer that some
 * wrong candidate gets as well tells nothing.
 */
export function telling(observations: readonly Observation[], secretPart: string): string[] {
  const asked = Map.groupBy(observations, ({ question }) => question)
  return [...asked].flatMap(([{ name }, seen]) => {
    const isRight = ({ question, candidate }: Observation) =>
      candidate === secretPart.at(question.at)
    const wrong = new Set(seen.filter((one) => !isRight(one)).map((one) => one.seen))
    const tells = seen.filter((one) => isRight(one) && wrong.size > 0 && !wrong.has(one.seen))
    return tells.map((one) => `${name}: ${one.seen}`)
  })
}

/**
 * An answer without what differs from call to call anyhow: its id, and the echo of the guess, of which only the length is kept,
 * between what was put for values and parts.
 */
function shapeOf(answer: CallAnswer): string {
  if (answer.kind === 'refused') return `${answer.refusal.reason}: ${answer.refusal.message}`
  if (answer.kind === 'failed') return `${answer.error.code}: ${answer.error.message}`
  const text = JSON.stringify(answer.result.structured)
  const between = text.split(/(\[secret [a-z_-]*\]|\[part of a secret\])/)
  return between.map((piece, index) => (index % 2 === 1 ? piece : `<${piece.length}>`)).join('')
}
