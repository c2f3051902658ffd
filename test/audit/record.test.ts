import { expect, test } from 'vitest'
import {
  makeRecord,
  NO_PREVIOUS,
  parseLine,
  recordHash,
  withoutHash,
} from '../../src/audit/record.ts'
import { canonicalJson } from '../../src/core/canonical-json.ts'
import { EVENTS, linesOf } from './sample-trail.ts'

const PLACE = { seq: 1, prev: NO_PREVIOUS, time: 1_795_455_900_123, osUser: 'ada', pid: 4711 }

test('the record format is as the golden file has it', async () => {
  await expect(`${linesOf(EVENTS).join('\n')}\n`).toMatchFileSnapshot(
    '../golden/audit/records.jsonl',
  )
})

test('a line is the RFC 8785 form of its record, and its hash is that of the record without it', () => {
  for (const line of linesOf(EVENTS)) {
    const record = parseLine(line)
    expect(record).not.toBeNull()
    expect(line).toBe(canonicalJson(record))
    expect(record?.['hash']).toBe(recordHash(withoutHash(record ?? {})))
  }
})

test('the time is RFC 3339 in UTC with milliseconds', () => {
  expect(makeRecord({ kind: 'open' }, PLACE).record.time).toBe('2026-11-23T17:45:00.123Z')
})

test('what a client says of itself is clipped to 64 characters, and no pair is split', () => {
  const client = { name: '😀'.repeat(70), version: 'v'.repeat(1_000_000) }
  const { record } = makeRecord({ kind: 'refused', client }, PLACE)
  expect(record.client).toEqual({ name: '😀'.repeat(64), version: 'v'.repeat(64) })
})

test('lone surrogates, which would stop the trail, are repaired wherever they stand', () => {
  const event = {
    kind: 'refused',
    tool: 'x\ud800',
    client: { name: '\udfff', version: '1' },
    redactions: { 'k\ud800': 1 },
    rules: ['\ud800'],
  } as const
  const { record, line } = makeRecord(event, PLACE)
  expect(record).toMatchObject({
    tool: 'x\u{FFFD}',
    client: { name: '\u{FFFD}', version: '1' },
    redactions: { 'k\u{FFFD}': 1 },
    rules: ['\u{FFFD}'],
  })
  expect(Buffer.from(line).toString()).toBe(line)
})

test('no text of an agent makes a record larger than a disk likes', () => {
  const { record, line } = makeRecord({ kind: 'refused', tool: 'x'.repeat(5_000_000) }, PLACE)
  expect(record.tool).toBe(`${'x'.repeat(16_384)}…`)
  expect(line.length).toBeLessThan(17_000)
})

test('a newline in a text does not make a second line', () => {
  const { line } = makeRecord({ kind: 'refused', tool: 'x\n{"v":1}\r\u001b[2J' }, PLACE)
  for (const control of ['\n', '\r', '\u001b']) expect(line).not.toContain(control)
})

test('an event that names fields of the envelope does not set them', () => {
  const forged = {
    kind: 'refused',
    seq: 99,
    prev: 'x',
    hash: 'y',
    v: 2,
    pid: 1,
    os_user: 'root',
  } as const
  const { record } = makeRecord(forged, PLACE)
  expect(record).toMatchObject({ v: 1, seq: 1, prev: NO_PREVIOUS, pid: 4711, os_user: 'ada' })
  expect(record.hash).toBe(recordHash(withoutHash({ ...record })))
})

test('what is not JSON is no record', () => {
  expect(() => makeRecord({ kind: 'outcome', ms: Number.NaN }, PLACE)).toThrow('NaN')
})
