import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../../../src/audit/audit-event.ts'
import { trailFileTime } from '../../../src/audit/file-sink/trail-name.ts'
import type { State } from '../../../src/state/state.ts'
import { filesOf, recordsOf, setUpTrail, temporaryFolder, verifyFolder } from './trail-set-up.ts'

const intent = (call: string): AuditEvent => ({ kind: 'intent', call, agent: 'a', tool: 't' })
const outcome = (call: string): AuditEvent => ({ kind: 'outcome', call, agent: 'a', status: 200 })

test('a record is in the file when append resolves', async () => {
  const { folder, trail } = setUpTrail()
  await trail.append(intent('1'))
  expect(recordsOf(folder)).toMatchObject([
    { seq: 1, kind: 'open', os_user: 'ada', pid: process.pid },
    { seq: 2, kind: 'intent', call: '1' },
  ])
  await trail.append(outcome('1'))
  expect(recordsOf(folder)[2]).toMatchObject({ seq: 3, kind: 'outcome' })
  expect(await verifyFolder(folder)).toMatchObject({ ok: true, problems: [], records: 3 })
})

test('making a trail and closing it leaves nothing behind', async () => {
  const { folder, trail, state } = setUpTrail()
  expect(await trail.maskPath('/user')).toBe('/user')
  await trail.close()
  state.close()
  expect(existsSync(folder)).toBe(false)
})

test.skipIf(process.platform === 'win32')('only the user can read the trail', async () => {
  const { folder, trail } = setUpTrail()
  await trail.append({ kind: 'admin' })
  const modes = ['audit', `audit/${filesOf(folder)[0]}`, 'state.db', '.'].map(
    (name) => statSync(join(folder, name)).mode & 0o777,
  )
  expect(modes).toEqual([0o700, 0o600, 0o600, 0o700])
})

test('the name of a file says when it was made, and names sort by it', async () => {
  const before = Date.now()
  const { folder, trail } = setUpTrail()
  await trail.append({ kind: 'admin' })
  const [name = ''] = filesOf(folder)
  expect(name).toMatch(new RegExp(`^\\d{8}T\\d{9}Z-${process.pid}-[0-9a-f]{8}\\.jsonl$`))
  expect(trailFileTime(name)).toBeGreaterThanOrEqual(before)
  expect(trailFileTime(name)).toBeLessThanOrEqual(Date.now())
  for (const other of ['notes.txt', '20261399T174501123Z-1-00000000.jsonl', '../x.jsonl']) {
    expect(trailFileTime(other)).toBeNull()
  }
})

test('200 concurrent appends share their syncs', async () => {
  const { folder, trail } = setUpTrail()
  await Promise.all(Array.from({ length: 200 }, (_, call) => trail.append(intent(`${call}`))))
  expect(trail.syncs).toBeLessThanOrEqual(20)
  expect(recordsOf(folder)).toHaveLength(201)
  expect(await verifyFolder(folder)).toMatchObject({ ok: true, problems: [] })
})

test('200 calls that are side by side, each record at its own time, have at most 20 syncs each way', async () => {
  // A disk as quick as none: nothing but gathering makes them share a sync.
  const { trail } = setUpTrail(temporaryFolder(), (real) => ({
    ...real,
    create: (name) => ({
      ...real.create(name),
      sync: () => Promise.resolve(),
      syncNow: () => undefined,
    }),
  }))
  const spread = async (event: (call: string) => AuditEvent): Promise<number> => {
    const before = trail.syncs
    const appended: Promise<void>[] = []
    for (let call = 0; call < 200; call += 1) {
      appended.push(trail.append(event(`${call}`)))
      // Each in a turn of the event loop of its own.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(appended)
    return trail.syncs - before
  }
  expect(await spread(intent)).toBeLessThanOrEqual(20)
  expect(await spread(outcome)).toBeLessThanOrEqual(20)
})

test('a call that is alone waits for nobody', async () => {
  const { trail } = setUpTrail()
  await trail.append(intent('0'))
  const times: number[] = []
  for (let call = 1; call <= 40; call += 1) {
    const started = performance.now()
    await trail.append(intent(`${call}`))
    await trail.append(outcome(`${call}`))
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  // A timer alone would take a millisecond for each of the two; the quickest is not waiting for the disk of a busy machine.
  expect(times[0]).toBeLessThan(2)
})

test('records are in the order of the appends', async () => {
  const { folder, trail } = setUpTrail()
  const calls = Array.from({ length: 50 }, (_, call) => `${call}`)
  await Promise.all(calls.map((call) => trail.append(intent(call))))
  expect(recordsOf(folder).flatMap(({ call }) => call ?? [])).toEqual(calls)
})

test('an event that is no record is refused alone', async () => {
  const { folder, trail } = setUpTrail()
  const [first, second, third] = await Promise.allSettled([
    trail.append(intent('1')),
    trail.append({ kind: 'outcome', ms: Number.NaN }),
    trail.append(intent('3')),
  ])
  expect([first.status, third.status]).toEqual(['fulfilled', 'fulfilled'])
  expect(second).toMatchObject({
    status: 'rejected',
    reason: { code: 'audit_unavailable', message: 'the event is no record (Error)' },
  })
  expect(recordsOf(folder).map(({ seq, call }) => [seq, call])).toEqual([
    [1, undefined],
    [2, '1'],
    [3, '3'],
  ])
})

test('close waits for what was appended, and nothing can be appended after it', async () => {
  const { folder, trail } = setUpTrail()
  const appended = trail.append(intent('1'))
  await trail.close()
  await appended
  expect(recordsOf(folder)).toHaveLength(2)
  await expect(trail.append(outcome('1'))).rejects.toMatchObject({
    code: 'audit_unavailable',
    message: 'the trail is closed',
  })
})

describe('heads', () => {
  test('a new file names the heads that no file has named yet, where they then stand', async () => {
    const first = setUpTrail()
    const { folder } = first
    await first.trail.append(intent('1'))
    await first.trail.append(outcome('1'))
    await first.trail.close()
    const second = setUpTrail(folder)
    await second.trail.append(intent('2'))
    await second.trail.close()
    const third = setUpTrail(folder)
    await third.trail.append(intent('3'))
    await third.trail.close()
    const [a = '', b = ''] = filesOf(folder)
    const opens = recordsOf(folder).filter(({ kind }) => kind === 'open')
    const hashes = recordsOf(folder).map(({ hash }) => hash)
    expect(opens.map(({ heads }) => heads)).toEqual([
      undefined,
      [{ file: a, seq: 3, hash: hashes[2] }],
      [{ file: b, seq: 2, hash: hashes[4] }],
    ])
    expect(await verifyFolder(folder)).toMatchObject({ ok: true, files: 3, problems: [] })
  })

  test('a file that went on after it was named is named again', async () => {
    const first = setUpTrail()
    const { folder } = first
    await first.trail.append(intent('1'))
    await settled(first)
    const second = setUpTrail(folder)
    await second.trail.append(intent('2'))
    await first.trail.append(outcome('1'))
    await settled(first)
    const third = setUpTrail(folder)
    await third.trail.append(intent('3'))
    const named = recordsOf(folder).flatMap(({ heads }) => heads ?? [])
    const [a] = filesOf(folder)
    expect(named.filter(({ file }) => file === a).map(({ seq }) => seq)).toEqual([2, 3])
  })

  test('state.db holds the head of each sync, behind it', async () => {
    const set = setUpTrail()
    await set.trail.append(intent('1'))
    await settled(set)
    const last = recordsOf(set.folder).at(-1)
    expect(await set.state.heads.all()).toEqual([
      { file: filesOf(set.folder)[0], seq: 2, hash: last?.hash, named: false },
    ])
  })
})

test('what looks like a credential in a path is masked with the key of this state', async () => {
  const folder = temporaryFolder()
  const [first, second] = [setUpTrail(folder), setUpTrail(folder)]
  const masked = await first.trail.maskPath('/bot123:ABC/getMe')
  expect(masked).toMatch(/^\/hmac:[0-9a-f]{12}\/getMe$/)
  expect(await second.trail.maskPath('/bot123:ABC/getMe')).toBe(masked)
  expect(await setUpTrail().trail.maskPath('/bot123:ABC/getMe')).not.toBe(masked)
})

test('nothing that was written holds more than one line for a record', async () => {
  const { folder, trail } = setUpTrail()
  await trail.append({
    kind: 'refused',
    tool: 'x\n{"v":1}\r\n\u2028',
    client: { name: '\n', version: '\n' },
  })
  const [name = ''] = filesOf(folder)
  expect(readFileSync(join(folder, 'audit', name), 'utf8').split('\n')).toHaveLength(3)
})

/** Waits until state.db has the newest head of each file: heads are kept behind the records. */
async function settled({ folder, state }: { folder: string; state: State }): Promise<void> {
  const newest = Math.max(...recordsOf(folder).map(({ seq }) => seq))
  await vi.waitFor(async () => {
    expect((await state.heads.all()).map(({ seq }) => seq)).toContain(newest)
  })
}
