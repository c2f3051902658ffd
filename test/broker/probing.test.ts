import { beforeEach, describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/audit/audit-event.ts'
import { createProbingGuard, type ProbingGuard } from '../../src/broker/probing.ts'
import { BrokerError } from '../../src/core/errors.ts'
import type { State } from '../../src/state/state.ts'
import { setUpState } from '../state/state-set-up.ts'

const HOUR = 3_600_000

let clock: number
let state: State
let recorded: AuditEvent[]
let guard: ProbingGuard

beforeEach(() => {
  clock = Date.parse('2026-11-23T12:00:00Z')
  state = setUpState()
  recorded = []
  guard = createProbingGuard({
    blocks: state.blocks,
    trail: {
      append: async (event) => void recorded.push(event),
      maskPath: async (path) => path,
      close: async () => {},
    },
    now: () => clock,
  })
})

const answer = (partial: number) => guard.sawAnswer('ann', 'a-call', { byName: {}, partial })

describe('an agent is stopped', () => {
  it('by an answer with more than 3 different parts of values, not by one with 3', async () => {
    expect(await answer(3)).toBe(false)
    expect(await guard.stopped('ann')).toBeNull()
    expect(await answer(4)).toBe(true)
    expect(await guard.stopped('ann')).toMatchObject({
      reason: 'probing',
      message:
        'agent `ann` is stopped since 2026-11-23T12:00:00.000Z: one answer held 4 different parts of values',
    })
  })

  it('by 10 parts in an hour, however few each answer has', async () => {
    for (let n = 0; n < 9; n += 1) expect(await answer(1)).toBe(false)
    expect(await answer(1)).toBe(true)
    expect((await guard.stopped('ann'))?.message).toContain(
      'answers in an hour held 10 parts of values',
    )
  })

  it('not by 10 parts in more than an hour', async () => {
    for (let n = 0; n < 20; n += 1) {
      expect(await answer(1)).toBe(false)
      clock += HOUR / 9 + 1
    }
  })

  it('by the third input in an hour that held a value', async () => {
    expect(await guard.sawInput('ann', '1')).toBe(false)
    clock += HOUR + 1
    expect(await guard.sawInput('ann', '2')).toBe(false)
    expect(await guard.sawInput('ann', '3')).toBe(false)
    expect(await guard.sawInput('ann', '4')).toBe(true)
    expect(await guard.stopped('ann')).toMatchObject({ reason: 'probing' })
  })

  it('alone, is recorded once, and stays so until it is cleared', async () => {
    await answer(4)
    expect(recorded).toEqual([
      {
        kind: 'admin',
        agent: 'ann',
        call: 'a-call',
        reason: 'probing',
        change: { what: 'agent stopped', why: 'one answer held 4 different parts of values' },
      },
    ])
    expect(await guard.stopped('ben')).toBeNull()
    clock += 365 * 24 * HOUR
    expect(await guard.stopped('ann')).not.toBeNull()
    expect(await state.blocks.unblock('ann')).toBe(true)
    expect(await guard.stopped('ann')).toBeNull()
  })
})

it('an answer without parts asks nothing of state.db', async () => {
  state.close()
  expect(await answer(0)).toBe(false)
  await expect(answer(1)).rejects.toBeInstanceOf(BrokerError)
})
