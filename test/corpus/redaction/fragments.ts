import { shortestLeak } from '../../support/leak-detector/needles.ts'
import type { SampleSecret } from './secret-kinds.ts'
import { type Transformation, transformation } from './transformations.ts'

/** A part of a value in an answer, of the length from which it counts. */
export interface Fragment {
  readonly secret: SampleSecret
  readonly transformation: Transformation
  /** Where the part was taken from. */
  readonly from: 'start' | 'middle' | 'end'
  readonly length: number
  readonly text: string
}

/** The encodings in which parts are planted. */
const ENCODINGS = [
  'raw',
  'json string',
  'html decimal',
  'percent, all',
  'base64',
  'base64url, after 2 bytes',
  'hex, lower case',
  'hex, colons',
  'reversed',
  'upper case',
  'separated, spaces',
  'bytes, JSON',
].map(transformation)

/** Parts of one secret: the shortest that counts, a few characters more, and all but one character. */
export function fragmentsOf(secret: SampleSecret): Fragment[] {
  const part = [...secret.secretPart]
  const least = shortestLeak(secret.secretPart)
  const lengths = new Set([least, least + 3, part.length - 1].filter((n) => n >= least && n < part.length))
  return ENCODINGS.flatMap((encoding) =>
    [...lengths].flatMap((length) =>
      (['start', 'middle', 'end'] as const).map((from): Fragment => {
        const at = { start: 0, middle: Math.floor((part.length - length) / 2), end: part.length - length }[from]
        const shown = encoding.encode(part.slice(at, at + length).join(''))
        const text = `the log says key=${shown} and goes on`
        return { secret, transformation: encoding, from, length, text }
      }),
    ),
  )
}
