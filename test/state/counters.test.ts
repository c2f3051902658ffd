import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Limit } from '../../src/core/rule.ts'
import { setUpState, stateFolder } from './state-set-up.ts'

const T = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000
const perMinute = (count: number): Limit => ({ count, window: 'minute' })

test('a limit gives as many as it says, then how long until there is room', async () => {
  const { counters } = setUpState()
  const uses = [{ key: 'a', limit: perMinute(2) }]
  expect(await counters.take(uses, T)).toBeNull()
  expect(await counters.take(uses, T + 10_000)).toBeNull()
  expect(await counters.take(uses, T + 20_000)).toEqual({
    limit: perMinute(2),
    retryAfterMs: 40_000,
  })
})

test('the window slides: room comes back one by one, a window after each attempt', async () => {
  const { counters } = setUpState()
  const uses = [{ key: 'a', limit: perMinute(2) }]
  await counters.take(uses, T)
  await counters.take(uses, T + 10_000)
  expect(await counters.take(uses, T + MINUTE - 1)).toMatchObject({ retryAfterMs: 1 })
  expect(await counters.take(uses, T + MINUTE)).toBeNull()
  expect(await counters.take(uses, T + MINUTE)).toMatchObject({ retryAfterMs: 10_000 })
  expect(await counters.take(uses, T + MINUTE + 10_000)).toBeNull()
})

test('all counters are taken from, or none', async () => {
  const { counters } = setUpState()
  const [tool, rule] = [
    { key: 'tool', limit: perMinute(5) },
    { key: 'rule', limit: perMinute(1) },
  ]
  expect(await counters.take([tool, rule], T)).toBeNull()
  for (let attempt = 0; attempt < 10; attempt += 1) {
    expect(await counters.take([tool, rule], T)).toMatchObject({ limit: perMinute(1) })
  }
  // The refused ones took nothing from the tool: 4 of its 5 are left.
  for (let attempt = 0; attempt < 4; attempt += 1) {
    expect(await counters.take([tool], T)).toBeNull()
  }
  expect(await counters.take([tool], T)).not.toBeNull()
})

test('of several limits that are used up, the one that takes longest is told', async () => {
  const { counters } = setUpState()
  const hour: Limit = { count: 1, window: 'hour' }
  const uses = [perMinute(1), hour, { count: 1, window: 'second' } as const].map((limit) => ({
    key: 'a',
    limit,
  }))
  expect(await counters.take(uses, T)).toBeNull()
  expect(await counters.take(uses, T)).toEqual({ limit: hour, retryAfterMs: 3_600_000 })
})

test('a changed count keeps what was used', async () => {
  const { counters } = setUpState()
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await counters.take([{ key: 'a', limit: perMinute(3) }], T + attempt)
  }
  expect(await counters.take([{ key: 'a', limit: perMinute(2) }], T + 10)).toMatchObject({
    retryAfterMs: MINUTE + 1 - 10,
  })
  expect(await counters.take([{ key: 'a', limit: perMinute(4) }], T + 10)).toBeNull()
  expect(await counters.take([{ key: 'a', limit: perMinute(4) }], T + 10)).not.toBeNull()
})

test('two uses of one counter count once, and the smaller limit holds', async () => {
  const { counters } = setUpState()
  const uses = [3, 2].map((count) => ({ key: 'a', limit: perMinute(count) }))
  expect(await counters.take(uses, T)).toBeNull()
  expect(await counters.take(uses, T)).toBeNull()
  expect(await counters.take(uses, T)).toMatchObject({ limit: perMinute(2) })
})

test('other keys and no keys are not concerned', async () => {
  const { counters } = setUpState()
  await counters.take([{ key: 'a', limit: perMinute(1) }], T)
  expect(await counters.take([{ key: 'b', limit: perMinute(1) }], T)).toBeNull()
  expect(await counters.take([], T)).toBeNull()
})

test('a limit of none gives none', async () => {
  const { counters } = setUpState()
  expect(await counters.take([{ key: 'a', limit: perMinute(0) }], T)).toEqual({
    limit: perMinute(0),
    retryAfterMs: MINUTE,
  })
})

describe('a clock that goes back', () => {
  const uses = [{ key: 'a', limit: perMinute(2) }]

  for (const back of [1, 1_000, MINUTE, 3_600_000, 365 * 86_400_000]) {
    test(`by ${back} ms gives no new room`, async () => {
      const { counters } = setUpState()
      await counters.take(uses, T)
      await counters.take(uses, T)
      expect(await counters.take(uses, T - back)).not.toBeNull()
      expect(await counters.take(uses, T - back + MINUTE - 1)).not.toBeNull()
    })
  }

  test('by years does not use a limit up for years', async () => {
    const { counters } = setUpState()
    const wrong = T + 4 * 365 * 86_400_000
    await counters.take(uses, wrong)
    await counters.take(uses, wrong)
    expect(await counters.take(uses, T)).toMatchObject({ retryAfterMs: MINUTE })
    expect(await counters.take(uses, T + MINUTE)).toBeNull()
  })
})

test('counts outlive the process', async () => {
  const folder = stateFolder()
  const first = setUpState(folder)
  await first.counters.take([{ key: 'a', limit: perMinute(1) }], T)
  first.close()
  const { counters } = setUpState(folder, () => T)
  expect(await counters.take([{ key: 'a', limit: perMinute(1) }], T + 1)).toMatchObject({
    retryAfterMs: MINUTE - 1,
  })
})

test('four processes that take from one limit get exactly what it gives', async () => {
  const folder = stateFolder()
  const child = fileURLToPath(new URL('./take-until-full.ts', import.meta.url))
  const run = promisify(execFile)
  const outputs = await Promise.all(
    [1, 2, 3, 4].map(() => run(process.execPath, [child, folder, '60', '100'])),
  )
  const taken = outputs.map(({ stdout }) => Number(stdout))
  expect(taken.reduce((sum, one) => sum + one, 0)).toBe(100)
}, 60_000)

test('in no window of that length are there more than the limit, whatever the times', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 2_500 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (steps, count) => {
        const { counters } = setUpState()
        const limit: Limit = { count, window: 'second' }
        const taken: number[] = []
        let now = T
        for (const step of steps) {
          now += step % 700
          const refused = await counters.take([{ key: 'a', limit }], now)
          const recent = taken.filter((at) => at > now - 1_000).length
          expect(refused === null).toBe(recent < count)
          if (refused === null) taken.push(now)
          else
            expect(taken.filter((at) => at > now + refused.retryAfterMs - 1_000).length).toBe(
              count - 1,
            )
        }
      },
    ),
    { numRuns: 30 },
  )
})
