import { expect, test } from 'vitest'
import { Gathering } from '../../../src/audit/file-sink/gathering.ts'

function withOpen(calls: number): Gathering {
  const gathering = new Gathering()
  for (let call = 0; call < calls; call += 1) gathering.saw({ kind: 'intent', call: `${call}` })
  return gathering
}

test('with few calls under way nobody waits', () => {
  for (const calls of [0, 1, 2, 3]) expect(withOpen(calls).delay(1)).toBe(0)
})

test('with many the wait grows with them, up to a limit', () => {
  expect([4, 20, 100, 200, 10_000].map((calls) => withOpen(calls).delay(1))).toEqual([
    2, 3, 15, 25, 25,
  ])
})

test('when all of them have something to write there is nobody to wait for', () => {
  expect(withOpen(20).delay(20)).toBe(0)
})

test('a call is under way from its intent to its last outcome', () => {
  const gathering = withOpen(4)
  // A second attempt of the same call, or a redirect.
  gathering.saw({ kind: 'intent', call: '0' })
  gathering.saw({ kind: 'outcome', call: '0' })
  expect(gathering.delay(1)).toBe(2)
  gathering.saw({ kind: 'outcome', call: '0' })
  expect(gathering.delay(1)).toBe(0)
})

test('other records, and outcomes of calls that are not known, change nothing', () => {
  const gathering = withOpen(4)
  gathering.saw({ kind: 'config' })
  gathering.saw({ kind: 'refused', call: '1' })
  gathering.saw({ kind: 'outcome', call: 'x' })
  expect(gathering.delay(1)).toBe(2)
})

test('a call is alone while no other is under way', () => {
  expect(withOpen(0).alone('0')).toBe(true)
  expect(withOpen(0).alone(undefined)).toBe(true)
  expect(withOpen(1).alone('0')).toBe(true)
  expect(withOpen(1).alone('1')).toBe(false)
  expect(withOpen(1).alone(undefined)).toBe(false)
  expect(withOpen(2).alone('0')).toBe(false)
})
