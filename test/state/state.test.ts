import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { setUpState, stateFolder } from './state-set-up.ts'

const HASH = 'ab'.repeat(32)

test('making a state has no side effect, and closing it neither', async () => {
  const folder = stateFolder()
  const state = setUpState(folder)
  state.close()
  expect(existsSync(folder)).toBe(false)
  await expect(state.blocks.blocked('a')).rejects.toMatchObject({
    code: 'state_unavailable',
    message: 'the state is closed',
  })
})

test.skipIf(process.platform === 'win32')("folder and files are the user's alone", async () => {
  const folder = stateFolder()
  await setUpState(folder).maskKey()
  const modes = ['.', 'state.db', 'state.db-wal', 'state.db-shm'].map(
    (name) => statSync(join(folder, name)).mode & 0o777,
  )
  expect(modes).toEqual([0o700, 0o600, 0o600, 0o600])
})

test.skipIf(process.platform === 'win32')('a folder that others can write is refused', async () => {
  const folder = stateFolder()
  mkdirSync(folder)
  chmodSync(folder, 0o770)
  await expect(setUpState(folder).maskKey()).rejects.toMatchObject({
    code: 'state_unavailable',
    message: 'the state folder can be written by other users',
    fix: 'run `chmod 700` on KEYHAND_STATE',
  })
})

test('the mask key is made once, for all processes of the state', async () => {
  const folder = stateFolder()
  const [first, second] = [setUpState(folder), setUpState(folder)]
  const keys = await Promise.all([first.maskKey(), second.maskKey(), first.maskKey()])
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1)
  expect(keys[0]).toHaveLength(32)
  expect(await setUpState().maskKey()).not.toEqual(keys[0])
})

describe('blocks', () => {
  test('an agent is stopped until it is cleared, for all processes', async () => {
    const folder = stateFolder()
    const [{ blocks }, other] = [setUpState(folder), setUpState(folder)]
    expect(await blocks.blocked('a')).toBeNull()
    await blocks.block('a', 'probing', 7)
    await blocks.block('a', 'again', 9)
    expect(await other.blocks.blocked('a')).toEqual({ since: 7, reason: 'probing' })
    expect(await blocks.blocked('b')).toBeNull()
    expect(await other.blocks.unblock('a')).toBe(true)
    expect(await blocks.blocked('a')).toBeNull()
    expect(await blocks.unblock('a')).toBe(false)
  })

  test('strikes add up within a window, by agent and kind, and clearing forgets them', async () => {
    const { blocks } = setUpState()
    expect(await blocks.strike('a', 'partial', 3, 1_000, 500)).toBe(3)
    expect(await blocks.strike('a', 'partial', 2, 1_400, 500)).toBe(5)
    expect(await blocks.strike('a', 'input', 1, 1_400, 500)).toBe(1)
    expect(await blocks.strike('b', 'partial', 1, 1_400, 500)).toBe(1)
    expect(await blocks.strike('a', 'partial', 1, 1_500, 500)).toBe(3)
    expect(await blocks.strike('a', 'partial', 0, 1_500, 500)).toBe(3)
    // A clock that goes back forgives nothing.
    expect(await blocks.strike('a', 'partial', 0, 1_000, 500)).toBe(6)
    await blocks.unblock('a')
    expect(await blocks.strike('a', 'partial', 0, 1_500, 500)).toBe(0)
  })
})

describe('what was seen of files', () => {
  test('only the first of two that saw a change records it', async () => {
    const folder = stateFolder()
    const [{ seen }, other] = [setUpState(folder), setUpState(folder)]
    expect(await seen.get('x')).toBeNull()
    const first = await Promise.all([
      seen.compareAndSet('x', undefined, HASH, '[1]'),
      other.seen.compareAndSet('x', undefined, HASH, '[1]'),
    ])
    expect(first.filter(Boolean)).toHaveLength(1)
    expect(await other.seen.get('x')).toEqual({ hash: HASH, data: '[1]' })
    expect(await seen.compareAndSet('x', 'other', 'y', '[]')).toBe(false)
    expect(await seen.compareAndSet('x', HASH, null, '[]')).toBe(true)
    expect(await seen.get('x')).toEqual({ hash: null, data: '[]' })
  })

  test('a file that is gone (null) is not one that was never seen (undefined)', async () => {
    const { seen } = setUpState()
    expect(await seen.compareAndSet('x', null, HASH, '')).toBe(false)
    expect(await seen.compareAndSet('x', undefined, null, '')).toBe(true)
    expect(await seen.compareAndSet('x', undefined, HASH, '')).toBe(false)
    expect(await seen.compareAndSet('x', null, HASH, '')).toBe(true)
  })
})

describe('heads', () => {
  test('the newest is kept, whatever order they come in', async () => {
    const { heads } = setUpState()
    for (const seq of [1, 3, 2]) await heads.put({ file: 'a', seq, hash: `h${seq}` })
    expect(await heads.all()).toEqual([{ file: 'a', seq: 3, hash: 'h3', named: false }])
  })

  test('each is named once, by one file, until it moves on', async () => {
    const folder = stateFolder()
    const [{ heads }, other] = [setUpState(folder), setUpState(folder)]
    await heads.put({ file: 'a', seq: 1, hash: 'h1' })
    await heads.put({ file: 'b', seq: 0, hash: 'h0' })
    const claims = await Promise.all([heads.claimUnnamed('b'), other.heads.claimUnnamed('c')])
    expect(claims.flat()).toEqual([{ file: 'a', seq: 1, hash: 'h1' }])
    expect((await heads.all()).map(({ named }) => named)).toEqual([true, false])
    await heads.put({ file: 'a', seq: 2, hash: 'h2' })
    expect(await heads.claimUnnamed('a')).toEqual([])
    expect(await heads.claimUnnamed('c')).toEqual([{ file: 'a', seq: 2, hash: 'h2' }])
  })
})

describe('a state.db that cannot be used refuses, and says what to do', () => {
  test('no database at all', async () => {
    const folder = stateFolder()
    mkdirSync(folder, { mode: 0o700 })
    writeFileSync(join(folder, 'state.db'), 'x'.repeat(8_192))
    const state = setUpState(folder)
    const refusal = {
      code: 'state_unavailable',
      message: '`state.db` is damaged',
      fix: expect.stringContaining(
        'move `state.db`, `state.db-wal` and `state.db-shm` aside',
      ) as string,
    }
    await expect(state.counters.take([], 0)).rejects.toMatchObject(refusal)
    await expect(state.maskKey()).rejects.toMatchObject(refusal)
    await expect(state.heads.all()).rejects.toMatchObject(refusal)
  })

  test('damaged pages', async () => {
    const folder = stateFolder()
    const first = setUpState(folder)
    for (let file = 0; file < 500; file += 1) {
      await first.heads.put({ file: `${file}`, seq: 1, hash: HASH })
    }
    first.close()
    const size = statSync(join(folder, 'state.db')).size
    writeFileSync(join(folder, 'state.db'), Buffer.alloc(size - 4_096, 0xff), { flag: 'r+' })
    await expect(setUpState(folder).heads.all()).rejects.toMatchObject({
      code: 'state_unavailable',
    })
  })

  test('a newer schema', async () => {
    const folder = stateFolder()
    const first = setUpState(folder)
    await first.maskKey()
    first.close()
    const connection = new DatabaseSync(join(folder, 'state.db'))
    connection.exec("UPDATE meta SET value = 99 WHERE name = 'schema'")
    connection.close()
    await expect(setUpState(folder).maskKey()).rejects.toMatchObject({
      code: 'state_unavailable',
      message: '`state.db` has schema 99, and this keyhand knows 4: a newer one wrote it',
    })
  })

  test('a folder that cannot be made', async () => {
    const folder = stateFolder()
    writeFileSync(folder, '')
    await expect(setUpState(folder).maskKey()).rejects.toMatchObject({
      code: 'state_unavailable',
      message: '`state.db` cannot be used (EEXIST)',
    })
  })

  test('a lock that is never given back, within seconds and without stopping the process', async () => {
    const folder = stateFolder()
    const state = setUpState(folder)
    await state.maskKey()
    const holder = lock(folder)
    onTestFinished(() => holder.close())
    let ticks = 0
    const ticking = setInterval(() => (ticks += 1), 10)
    const started = performance.now()
    await expect(state.maskKey()).rejects.toMatchObject({
      code: 'state_unavailable',
      message: '`state.db` is locked by another process',
    })
    clearInterval(ticking)
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(ticks).toBeGreaterThan(10)
    // Reading goes on meanwhile.
    expect(await state.blocks.blocked('a')).toBeNull()
  })

  test('a lock that is given back is waited for', async () => {
    const folder = stateFolder()
    const state = setUpState(folder)
    await state.maskKey()
    const holder = lock(folder)
    setTimeout(() => holder.close(), 300)
    expect(
      await state.counters.take([{ key: 'a', limit: { count: 1, window: 'hour' } }], 0),
    ).toBeNull()
  })
})

test('a failed opening is tried again', async () => {
  const folder = stateFolder()
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(
    join(folder, 'state.db'),
    'no database, but long enough to be read as one'.repeat(100),
  )
  const state = setUpState(folder)
  await expect(state.maskKey()).rejects.toMatchObject({ code: 'state_unavailable' })
  writeFileSync(join(folder, 'state.db'), '')
  expect(await state.maskKey()).toHaveLength(32)
})

test('many at once on a new state share one opening', async () => {
  const { counters } = setUpState()
  const uses = [{ key: 'a', limit: { count: 30, window: 'hour' } as const }]
  const results = await Promise.all(Array.from({ length: 50 }, () => counters.take(uses, 0)))
  expect(results.filter((result) => result === null)).toHaveLength(30)
})

function lock(folder: string): DatabaseSync {
  const connection = new DatabaseSync(join(folder, 'state.db'))
  connection.exec('BEGIN IMMEDIATE')
  return connection
}
