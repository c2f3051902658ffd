import { type SampleSecret, sampleSecret, sampleSecrets } from '../corpus/redaction/secret-kinds.ts'
import {
  combined,
  REPRESENTATIVES,
  TRANSFORMATIONS,
  type Transformation,
} from '../corpus/redaction/transformations.ts'

/** What is encoded more often than this is not promised to be looked into. */
export const DEEPEST = 3

/** One text that shows a value, made from numbers that a fuzzer draws. */
export interface Nested {
  readonly secret: SampleSecret
  /** The transformations, from the inside out. */
  readonly how: string
  readonly text: string
}

/** Numbers from 0 to below 2 ** 31. */
export interface NestedChoice {
  readonly kind: number
  readonly seed: number
  readonly transformations: readonly number[]
  readonly before: string
  readonly after: string
}

const KINDS = sampleSecrets().map(({ kind }) => kind)

/** Null where nobody could read what comes of these transformations one in the other. */
export function nested(choice: NestedChoice): Nested | null {
  const kind = KINDS[choice.kind % KINDS.length] ?? ''
  const secret = sampleSecret(kind, `fuzz/${choice.seed % 16}`)
  let whole: Transformation | null = null
  for (const [depth, number] of choice.transformations.slice(0, DEEPEST).entries()) {
    const list =
      depth === 0 && choice.transformations.length === 1 ? TRANSFORMATIONS : REPRESENTATIVES
    const next = list[number % list.length]
    if (next === undefined) return null
    // One after the other of the same kind is another case than the corpus knows, but no other code.
    if (whole?.name.endsWith(next.name)) return null
    whole = whole === null ? next : combined(whole, next)
    if (whole === null) return null
  }
  if (whole === null) return null
  const { before, after } = choice
  const around = whole.standsAlone ? [`${before}\n`, `\n${after}`] : [before, after]
  return { secret, how: whole.name, text: around.join(whole.encode(secret.value)) }
}

/** In pieces of these sizes, over and over. */
export function* split(text: string, sizes: readonly number[]): Generator<string> {
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? text.length)
    yield text.slice(at, at + size)
    at += size
  }
}
