import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { setUpState, stateFolder } from './state-set-up.ts'

const KEY = { secret: 'home|api_key', reference: 'ab12' }
const note = (more = {}) => ({ generation: 0, at: 1_000, endsAt: 9_000, createdAt: 500, ...more })

/** Another process that notes what it has, and then waits. */
async function other(folder: string, noted: object): Promise<ChildProcess> {
  const state = join(import.meta.dirname, '../../src/state/state.ts')
  const script = `
    const { openState } = await import(${JSON.stringify(state)})
    const { cached } = openState({ folder: ${JSON.stringify(folder)}, now: () => 0 })
    await cached.note(${JSON.stringify(KEY)}, ${JSON.stringify(noted)})
    console.log('noted')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

function database(folder: string): DatabaseSync {
  const opened = new DatabaseSync(join(folder, 'state.db'))
  onTestFinished(() => opened.close())
  return opened
}

describe('what processes have in memory', () => {
  test('is said until its time is over, and how old it is stays known', async () => {
    const { cached } = setUpState()
    expect(await cached.look(KEY, 0)).toEqual({ cachedUntil: null, createdAt: null })
    await cached.note(KEY, note())
    expect(await cached.look(KEY, 8_999)).toEqual({ cachedUntil: 9_000, createdAt: 500 })
    expect(await cached.look(KEY, 9_000)).toEqual({ cachedUntil: null, createdAt: 500 })
  })

  test('is of the newest fetch, whichever process made it, and kept for the longest', async () => {
    const folder = stateFolder()
    const { cached } = setUpState(folder)
    await cached.note(KEY, note({ at: 3_000, endsAt: 5_000, createdAt: 2_500 }))
    await other(folder, note({ endsAt: 8_000 }))
    expect(await cached.look(KEY, 4_000)).toEqual({ cachedUntil: 8_000, createdAt: 2_500 })
  })

  test('does not count once its process is dead', async () => {
    const folder = stateFolder()
    const { cached } = setUpState(folder)
    const child = await other(folder, note())
    expect(await cached.look(KEY, 2_000)).toMatchObject({ cachedUntil: 9_000 })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
    expect(await cached.look(KEY, 2_000)).toEqual({ cachedUntil: null, createdAt: 500 })
  })

  test('does not count where its pid is another process by now', async () => {
    const folder = stateFolder()
    const { cached } = setUpState(folder)
    await cached.note(KEY, note())
    database(folder).exec("UPDATE cached_secrets SET started = 'another boot 1'")
    const cachedUntil = process.platform === 'win32' ? 9_000 : null
    expect(await cached.look(KEY, 2_000)).toEqual({ cachedUntil, createdAt: 500 })
  })

  test('does not count after a refresh, which nobody uses it across', async () => {
    const { cached, refreshes } = setUpState()
    await cached.note(KEY, note())
    await refreshes.refresh(KEY.secret)
    expect(await cached.look(KEY, 2_000)).toMatchObject({ cachedUntil: null })
    await cached.note(KEY, note({ generation: 1 }))
    expect(await cached.look(KEY, 2_000)).toMatchObject({ cachedUntil: 9_000 })
  })

  test('is not what the name meant before, or means under a profile', async () => {
    const { cached } = setUpState()
    await cached.note(KEY, note())
    const elsewhere = { ...KEY, reference: 'cd34' }
    expect(await cached.look(elsewhere, 2_000)).toEqual({ cachedUntil: null, createdAt: null })
  })

  test('is over where its process dropped it, and only there', async () => {
    const folder = stateFolder()
    const { cached } = setUpState(folder)
    await cached.drop(KEY, 1_500)
    await cached.note(KEY, note())
    await cached.drop(KEY, 1_500)
    expect(await cached.look(KEY, 2_000)).toEqual({ cachedUntil: null, createdAt: 500 })
    await other(folder, note())
    await cached.drop(KEY, 1_500)
    expect(await cached.look(KEY, 2_000)).toMatchObject({ cachedUntil: 9_000 })
  })

  test('leaves one note for each process that has it, however often it fetches', async () => {
    const folder = stateFolder()
    const { cached } = setUpState(folder)
    const child = await other(folder, note())
    child.kill('SIGKILL')
    for (let at = 2_000; at <= 20_000; at += 1_000) {
      await cached.note(KEY, note({ at, endsAt: at + 5_000 }))
    }
    const rows = database(folder).prepare('SELECT pid, ends_at FROM cached_secrets').all()
    expect(rows).toEqual([{ pid: process.pid, ends_at: 25_000 }])
  })

  test('is forgotten after three months', async () => {
    const folder = stateFolder()
    await setUpState(folder).cached.note(KEY, note())
    const day = 86_400_000
    const soon = setUpState(folder, () => 90 * day)
    expect(await soon.cached.look(KEY, 90 * day)).toMatchObject({ createdAt: 500 })
    const late = setUpState(folder, () => 91 * day)
    expect(await late.cached.look(KEY, 91 * day)).toMatchObject({ createdAt: null })
  })

  test('a state of the schema before gets the table', async () => {
    const folder = stateFolder()
    await setUpState(folder).cached.note(KEY, note())
    database(folder).exec(
      "DROP TABLE cached_secrets; UPDATE meta SET value = 3 WHERE name = 'schema'",
    )
    const { cached } = setUpState(folder)
    await cached.note(KEY, note())
    expect(await cached.look(KEY, 2_000)).toMatchObject({ cachedUntil: 9_000 })
  })
})
