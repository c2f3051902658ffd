import { POSITIONS, type Position, position } from './positions.ts'
import { type SampleSecret, sampleSecret, sampleSecrets } from './secret-kinds.ts'
import { combined, REPRESENTATIVES, TRANSFORMATIONS, type Transformation } from './transformations.ts'

/** One answer of an upstream, with one value in it. */
export interface LeakCase {
  /** Unique, and holds nothing of the value. */
  readonly id: string
  readonly secret: SampleSecret
  readonly transformation: Transformation
  readonly position: Position
  /** The answer's text. */
  readonly text: string
}

/** Stands beside the value in some positions; registered like it. */
export const OTHER_SECRET: SampleSecret = {
  ...sampleSecret('stripe key', 'other'),
  name: 'other_secret',
}

/** Every transformation in every position, and pairs of transformations in some, for every kind of secret. */
export function* wholeValueCases(seed = 'corpus'): Generator<LeakCase> {
  const secrets = sampleSecrets(seed)
  let number = 0
  const make = function* (transformation: Transformation, place: Position, secret: SampleSecret) {
    if (place.touches && transformation.standsAlone) return
    number++
    const text = place.place(transformation.encode(secret.value), OTHER_SECRET)
    yield { id: `w${number}`, secret, transformation, position: place, text }
  }
  for (const transformation of TRANSFORMATIONS) {
    for (const place of POSITIONS) {
      for (const secret of secrets) yield* make(transformation, place, secret)
    }
  }
  // A pair meets each kind of secret in one of these places.
  const places = ['in prose', 'JSON string', 'JSON array', 'alone', 'CSV'].map(position)
  for (const transformation of pairs()) {
    for (const [index, secret] of secrets.entries()) {
      const place = places[(number + index) % places.length]
      if (place !== undefined) yield* make(transformation, place, secret)
    }
  }
}

/** All pairs of transformations that can be read again. */
function pairs(): Transformation[] {
  const real = REPRESENTATIVES.filter(({ name }) => name !== 'raw')
  return real.flatMap((inner) =>
    real.flatMap((outer) => (inner === outer ? [] : (combined(inner, outer) ?? []))),
  )
}

/** Every n-th, so that a smaller part has something of everything. */
export function* everyNth<T>(items: Iterable<T>, n: number, from = 0): Generator<T> {
  let index = 0
  for (const item of items) if (index++ % n === from % n) yield item
}
