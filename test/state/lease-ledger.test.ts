import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { setUpState, stateFolder } from './state-set-up.ts'

const token = (accessor: string, endsAt = 1_000) => ({ accessor, place: 'a vault', endsAt })

/** Another process that notes a token and then waits. */
async function owner(folder: string, accessor: string): Promise<ChildProcess> {
  const state = join(import.meta.dirname, '../../src/state/state.ts')
  const script = `
    const { openState } = await import(${JSON.stringify(state)})
    const { leases } = openState({ folder: ${JSON.stringify(folder)}, now: () => 0 })
    await leases.put(${JSON.stringify(token(accessor))})
    console.log('noted')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

function change(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, 'state.db'))
  database.exec(sql)
  database.close()
}

describe('the ledger of lending tokens', () => {
  test('the tokens of a live process are nobody else’s to end, however old they are', async () => {
    const folder = stateFolder()
    const { leases } = setUpState(folder)
    await leases.put(token('own'))
    await owner(folder, 'other')
    expect(await leases.orphans(10_000_000)).toEqual([])
  })

  test('those of a process that was killed are orphans, at once and for all, until they are removed', async () => {
    const folder = stateFolder()
    const [{ leases }, other] = [setUpState(folder), setUpState(folder)]
    const child = await owner(folder, 'left')
    await leases.put(token('own'))
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
    expect(await leases.orphans(0)).toEqual([token('left')])
    expect(await other.leases.orphans(0)).toEqual([token('left')])
    await other.leases.remove('left')
    expect(await leases.orphans(0)).toEqual([])
  })

  test('a pid that was used again is another process', async () => {
    const folder = stateFolder()
    const { leases } = setUpState(folder)
    await leases.put(token('own'))
    change(folder, "UPDATE lending_tokens SET started = 'another boot 1'")
    expect(await leases.orphans(0)).toEqual(process.platform === 'win32' ? [] : [token('own')])
  })

  test('a process of another host or container cannot be judged: its tokens wait for their time', async () => {
    const folder = stateFolder()
    const { leases } = setUpState(folder)
    await leases.put(token('far', 1_000))
    change(folder, "UPDATE lending_tokens SET host = 'elsewhere', pid = 999999")
    expect(await leases.orphans(60_999)).toEqual([])
    expect(await leases.orphans(61_000)).toEqual([token('far')])
    await leases.extend('far', 100_000)
    expect(await leases.orphans(61_000)).toEqual([])
  })

  test('a state of the first schema gets the table', async () => {
    const folder = stateFolder()
    await setUpState(folder).leases.put(token('own'))
    change(
      folder,
      "DROP TABLE lending_tokens; DROP TABLE cached_secrets; UPDATE meta SET value = 1 WHERE name = 'schema'",
    )
    const { leases } = setUpState(folder)
    await leases.put(token('own'))
    expect(await leases.orphans(0)).toEqual([])
  })
})
