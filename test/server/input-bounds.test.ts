import { expect, it } from 'vitest'
import { beyondBounds, INPUT_LIMITS } from '../../src/server/input-bounds.ts'

it('takes an input of some size and depth', () => {
  expect(
    beyondBounds({ body: 'x'.repeat(INPUT_LIMITS.bytes - 1_000), nested: nested(60) }),
  ).toBeNull()
})

it('refuses a text, a name or many small values beyond the limit', () => {
  const message = 'the input is larger than 1048576 bytes'
  expect(beyondBounds({ body: 'x'.repeat(INPUT_LIMITS.bytes) })).toBe(message)
  expect(beyondBounds({ ['x'.repeat(INPUT_LIMITS.bytes)]: 1 })).toBe(message)
  expect(beyondBounds({ body: new Array(INPUT_LIMITS.bytes / 8).fill(0) })).toBe(message)
})

it('counts bytes and not characters', () => {
  expect(beyondBounds({ body: '€'.repeat(400_000) })).toBe('the input is larger than 1048576 bytes')
})

it('refuses an input that nests too deep, without a deep stack of its own', () => {
  const body: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  expect(beyondBounds({ body })).toBe('the input nests deeper than 64 levels')
})

function nested(depth: number): unknown {
  return depth === 0 ? 0 : [nested(depth - 1)]
}
