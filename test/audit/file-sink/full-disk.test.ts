import { closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AuditEvent } from '../../../src/audit/audit-event.ts'
import type { OpenTrailFile, TrailFolder } from '../../../src/audit/file-sink/trail-folder.ts'
import { filesOf, recordsOf, setUpTrail, temporaryFolder, verifyFolder } from './trail-set-up.ts'

const intent = (call: string): AuditEvent => ({ kind: 'intent', call })

/** What goes wrong at the moment; each fault stays until it is taken away. */
interface Faults {
  create?: string
  write?: string | { readonly short: number }
  sync?: string
  truncate?: string
  remove?: string
}

/** The real folder with faults put in. */
function faulty(faults: Faults): (real: TrailFolder) => TrailFolder {
  return (real) => ({
    create(name) {
      fail(faults.create)
      const file = real.create(name)
      return {
        write(bytes) {
          if (typeof faults.write === 'object')
            return file.write(bytes.subarray(0, faults.write.short))
          fail(faults.write)
          return file.write(bytes)
        },
        async sync() {
          fail(faults.sync)
          await file.sync()
        },
        syncNow() {
          fail(faults.sync)
          file.syncNow()
        },
        truncate(length) {
          fail(faults.truncate)
          file.truncate(length)
        },
        close: () => file.close(),
      }
    },
    remove(name) {
      fail(faults.remove)
      real.remove(name)
    },
  })
}

function fail(code: string | undefined): void {
  if (code !== undefined) throw Object.assign(new Error(`${code}: in a test`), { code })
}

const FULL = {
  code: 'audit_unavailable',
  message: 'the trail cannot be written: the disk is full',
  fix: 'make room on the disk that holds KEYHAND_STATE',
}

const CASES: readonly [name: string, faults: Faults, error: object][] = [
  ['a full disk', { write: 'ENOSPC', create: 'ENOSPC' }, FULL],
  ['a quota', { write: 'EDQUOT', create: 'EDQUOT' }, FULL],
  ['a disk that takes only a part', { write: { short: 100 } }, FULL],
  ['a disk that takes nothing', { write: { short: 0 } }, FULL],
  [
    'a sync that fails',
    { sync: 'EIO' },
    { code: 'audit_unavailable', message: 'the trail cannot be written (EIO)' },
  ],
  [
    'a part, which then cannot be cut off',
    { write: { short: 100 }, truncate: 'EIO', remove: 'EIO' },
    FULL,
  ],
]

for (const [name, fault, error] of CASES) {
  test(`${name} refuses every record until a fresh file can be made, and loses none`, async () => {
    const faults: Faults = {}
    const { folder, trail } = setUpTrail(temporaryFolder(), faulty(faults))
    await trail.append(intent('before'))
    Object.assign(faults, fault)
    const during = await Promise.allSettled(
      ['1', '2', '3'].map((call) => trail.append(intent(call))),
    )
    for (const result of during) {
      expect(result).toMatchObject({ status: 'rejected', reason: error })
    }
    await expect(trail.append(intent('4'))).rejects.toMatchObject(error)
    await expect(trail.append(intent('5'))).rejects.toMatchObject({ code: 'audit_unavailable' })
    for (const key of Object.keys(faults)) delete faults[key as keyof Faults]
    // Where a name could not be cleaned up, the first try finds that out.
    await trail.append(intent('again')).catch(() => trail.append(intent('again')))
    await trail.append(intent('after'))
    const calls = wholeCalls(folder)
    expect(calls).toEqual(expect.arrayContaining(['before', 'again', 'after']))
    for (const call of ['1', '2', '3', '4', '5']) expect(calls).not.toContain(call)
    await trail.close()
    const { ok, problems } = await verifyFolder(folder)
    expect(problems.filter(({ severity }) => severity === 'problem')).toEqual([])
    expect(ok).toBe(true)
  })
}

test('after a failure the records go on in a fresh file that names the one before', async () => {
  const faults: Faults = {}
  const { folder, trail } = setUpTrail(temporaryFolder(), faulty(faults))
  await trail.append(intent('1'))
  faults.sync = 'EIO'
  await expect(trail.append(intent('2'))).rejects.toMatchObject({ code: 'audit_unavailable' })
  delete faults.sync
  await trail.append(intent('3'))
  const [first = '', second = ''] = filesOf(folder)
  expect(filesOf(folder)).toHaveLength(2)
  expect(recordsOf(folder).map(({ kind, call }) => call ?? kind)).toEqual([
    'open',
    '1',
    'open',
    '3',
  ])
  expect(recordsOf(folder)[2]?.heads).toMatchObject([{ file: first, seq: 2 }])
  expect(second > first).toBe(true)
})

test('a disk that stays full does not fill it with empty files and names', async () => {
  const faults: Faults = { write: 'ENOSPC' }
  const { folder, state, trail } = setUpTrail(temporaryFolder(), faulty(faults))
  for (let call = 0; call < 20; call += 1) {
    await expect(trail.append(intent(`${call}`))).rejects.toMatchObject(FULL)
  }
  expect(filesOf(folder)).toEqual([])
  expect(await state.heads.all()).toHaveLength(1)
})

test.skipIf(process.platform !== 'linux')('a device that is really full refuses', async () => {
  const onFullDevice = (real: TrailFolder): TrailFolder => ({
    ...real,
    create(): OpenTrailFile {
      const fd = openSync('/dev/full', 'w')
      return {
        write: (bytes) => writeSync(fd, bytes),
        sync: () => Promise.reject(new Error('not reached')),
        syncNow: () => undefined,
        truncate: () => undefined,
        close: () => closeSync(fd),
      }
    },
  })
  const { trail } = setUpTrail(temporaryFolder(), onFullDevice)
  await expect(trail.append(intent('1'))).rejects.toMatchObject(FULL)
})

test('without state.db there is no record', async () => {
  const { folder, state, trail } = setUpTrail()
  state.close()
  await expect(trail.append(intent('1'))).rejects.toMatchObject({
    code: 'audit_unavailable',
    message: 'the trail cannot be written: the state is closed',
    cause: { code: 'state_unavailable' },
  })
  expect(() => filesOf(folder)).toThrow('ENOENT')
})

test('a line that was torn by hand is reported, and its record was acknowledged', async () => {
  const { folder, trail } = setUpTrail()
  await trail.append(intent('1'))
  await trail.close()
  const path = join(folder, 'audit', filesOf(folder)[0] ?? '')
  truncateSync(path, statSync(path).size - 7)
  const { ok, problems } = await verifyFolder(folder)
  expect(ok).toBe(false)
  expect(problems.map(({ kind, line }) => `${kind} ${line}`)).toEqual(['torn 2', 'cut 2'])
})

/** The calls of all whole lines, also of files that end in a part of one. */
function wholeCalls(folder: string): (string | undefined)[] {
  return filesOf(folder).flatMap((name) =>
    readFileSync(join(folder, 'audit', name), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { call?: string }).call),
  )
}
