import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/core/canonical-json.ts'

function outcome(work: () => string | undefined): string {
  try {
    return work() ?? 'no text'
  } catch {
    return 'thrown'
  }
}

function bothSay(value: unknown) {
  const text = outcome(() => canonicalJson(value))
  const expected = outcome(() => canonicalize(value))
  expect(text).toBe(expected === 'no text' ? 'thrown' : expected)
}

describe('the canonical text', () => {
  test('is that of the library, for any JSON', () => {
    fc.assert(fc.property(fc.jsonValue({ stringUnit: 'binary' }), bothSay))
  })

  test('is that of the library, for anything else', () => {
    fc.assert(
      fc.property(
        fc.anything({ withDate: true, withNullPrototype: true, withSparseArray: true }),
        bothSay,
      ),
    )
  })

  test('has its names by UTF-16 units, `__proto__` among them', () => {
    expect(canonicalJson(JSON.parse('{"\\ufb33":1,"\\ud83d\\ude02":2,"__proto__":3,"1":4}'))).toBe(
      '{"1":4,"__proto__":3,"\ud83d\ude02":2,"\ufb33":1}',
    )
  })

  test('refuses a cycle, half of a pair and what is no number', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => canonicalJson(cycle)).toThrow()
    expect(() => canonicalJson({ a: '\ud800' })).toThrow()
    expect(() => canonicalJson({ '\ud800': 1 })).toThrow()
    expect(() => canonicalJson([Number.NaN])).toThrow()
  })

  test('goes below any depth', () => {
    let deep: unknown = 1
    for (let depth = 0; depth < 1_000; depth += 1) deep = [deep]
    expect(canonicalJson(deep)).toBe(`${'['.repeat(1_000)}1${']'.repeat(1_000)}`)
  })
})
