import fc from 'fast-check'
import { DEEPEST } from './nested.ts'

const number = fc.nat()
/** Text as upstreams write it, and text as nobody does. */
const around = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\n',
    '"',
    '{"a":"',
    'key=',
    'Bearer ',
    '%',
    '\\',
    '&#',
    '==',
    '[1, 2, ',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `${text} `),
)
/** All that makes one nested text. */
export const choices = fc.record({
  kind: number,
  seed: number,
  transformations: fc.array(number, { minLength: 1, maxLength: DEEPEST }),
  before: around,
  after: around.map((text) => [...text].reverse().join('')),
})
