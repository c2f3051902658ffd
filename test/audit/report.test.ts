import { describe, expect, test } from 'vitest'
import { mergeEntries } from '../../src/audit/merge.ts'
import { fileEntries, type TrailEntry, type TrailFilter } from '../../src/audit/report.ts'
import { CALL_1, CALL_2, CALL_3, collect, EVENTS, fileOf, linesOf } from './sample-trail.ts'

const NAME = '20261123T174500000Z-4711-00000001.jsonl'
const START = Date.UTC(2026, 10, 23, 17, 45)

async function entries(text: string, filter: TrailFilter = {}): Promise<TrailEntry[]> {
  return collect(fileEntries(fileOf(NAME, text), filter))
}

const text = linesOf(EVENTS)
  .map((line) => `${line}\n`)
  .join('')

/** `result call` of each entry. */
async function told(filter: TrailFilter, of = text): Promise<string[]> {
  return (await entries(of, filter)).map(({ result, call }) => `${result} ${call?.at(-1) ?? '-'}`)
}

test('an intent and its outcome are one entry, in the order in which they ended', async () => {
  expect(await told({})).toEqual([
    'recorded -',
    'recorded 1',
    'performed 1',
    'refused 2',
    'failed 3',
    'recorded -',
  ])
  const performed = (await entries(text))[2]
  expect(performed).toMatchObject({
    file: NAME,
    time: '2026-11-23T17:45:02.000Z',
    call: CALL_1,
    agent: 'claude-code',
    tool: 'github',
  })
  expect(performed?.records.map(({ kind, seq }) => [kind, seq])).toEqual([
    ['intent', 3],
    ['outcome', 4],
  ])
})

test('an intent without an outcome reads as unknown', async () => {
  const lines = linesOf(EVENTS.toSpliced(6, 1))
  expect(await told({ call: CALL_3 }, lines.map((line) => `${line}\n`).join(''))).toEqual([
    'unknown 3',
  ])
})

test('the attempts of a call are entries of their own', async () => {
  const retry = [1, 2].flatMap((attempt) => [
    { kind: 'intent', call: CALL_1, action: 'a', attempt } as const,
    {
      kind: 'outcome',
      call: CALL_1,
      action: 'a',
      attempt,
      status: attempt === 1 ? 401 : 200,
    } as const,
  ])
  const lines = linesOf(retry).map((line) => `${line}\n`)
  const found = await entries(lines.join(''), { call: CALL_1 })
  expect(found.map(({ records }) => records.map(({ status }) => status))).toEqual([
    [undefined, 401],
    [undefined, 200],
  ])
})

describe('filters', () => {
  const cases: readonly [string, TrailFilter, string[]][] = [
    ['denied', { denied: true }, ['refused 2']],
    ['a call', { call: CALL_2 }, ['refused 2']],
    ['the beginning of a call id', { call: CALL_2.slice(0, 36) }, ['refused 2']],
    ['a beginning that is too short', { call: '019' }, []],
    ['a kind', { kind: 'admin' }, ['recorded -']],
    ['the kind of a part', { kind: 'outcome' }, ['performed 1', 'failed 3']],
    ['a tool', { tool: 'github', kind: 'refused' }, ['refused 2']],
    ['another tool', { tool: 'git' }, []],
    ['an agent', { agent: 'claude-code', denied: true }, ['refused 2']],
    ['another agent', { agent: 'claude' }, []],
    ['since, inclusive', { since: START + 5_000 }, ['failed 3', 'recorded -']],
    ['until, exclusive', { until: START + 1_000 }, ['recorded -']],
  ]
  for (const [name, filter, expected] of cases) {
    test(name, async () => expect(await told(filter)).toEqual(expected))
  }
})

test('lines that are no records are passed over', async () => {
  const lines = [
    'x',
    '[]',
    '{"v":1}',
    '{"v":1,"kind":"intent","time":"never"}',
    '{"v":1,"kind":"x"}',
  ]
  const forged = '{"v":1,"kind":"refused","time":"2026-11-23T17:45:00.000Z","agent":{"toString":1}}'
  expect(await told({}, [...lines, forged, ''].join('\n') + text)).toEqual(await told({}))
  expect(await told({}, `${text}{"v":1,"kind":"admin"`)).toEqual(await told({}))
})

test('the entries of several files come in the order of time', async () => {
  const file = (name: string, startAt: number, calls: readonly string[]) => ({
    madeAt: startAt,
    entries: () =>
      fileEntries(
        fileOf(
          name,
          linesOf(
            calls.map((call) => ({ kind: 'refused', call })),
            startAt,
          )
            .map((line) => `${line}\n`)
            .join(''),
        ),
      ),
  })
  const sources = [
    file('a', START, ['1', '3', '5']),
    file('b', START + 500, ['2', '4']),
    file('c', START + 60_000, ['6']),
    file('d', START + 60_000, []),
  ]
  const merged = await collect(mergeEntries(sources))
  expect(merged.map(({ call }) => call)).toEqual(['1', '2', '3', '4', '5', '6'])
})

test('a file is opened when its time has come, and closed when the reader leaves', async () => {
  const opened: string[] = []
  const closed: string[] = []
  const source = (name: string, madeAt: number) => ({
    madeAt,
    async *entries() {
      opened.push(name)
      try {
        yield* fileEntries(fileOf(name, `${linesOf([{ kind: 'open' }], madeAt)[0]}\n`))
      } finally {
        closed.push(name)
      }
    },
  })
  for await (const entry of mergeEntries([source('a', START), source('b', START + 1_000)])) {
    expect([entry.file, opened]).toEqual(['a', ['a']])
    break
  }
  expect(closed).toEqual(['a'])
})
