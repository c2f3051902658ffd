import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { socketPath } from '../../../src/providers/file/unlocked-socket.ts'
import { CANARY, contextOf, everyTextOf, thrownBy } from '../../contract/secret-provider.ts'
import { newHome } from './test-home.ts'

const root = mkdtempSync(join(tmpdir(), 'kh-'))
const signal = new AbortController().signal
const passphrase = new Secret('passphrase', 'correct horse battery staple')
const started: (() => Promise<unknown>)[] = []
afterAll(async () => {
  await Promise.allSettled(started.map((stop) => stop()))
  rmSync(root, { recursive: true, force: true })
})

async function lockedHome() {
  const place = newHome(root)
  await place.secretsFile.create('passphrase', signal, passphrase)
  await place.secretsFile.unlock(passphrase, { into: 'keychain' }, signal)
  await place.provider.store.put({}, new Secret('api_key', CANARY), contextOf())
  await place.secretsFile.lock(signal)
  place.clock.now = Date.now()
  started.push(() => place.secretsFile.lock(signal))
  return place
}

const fetchText = async (place: Awaited<ReturnType<typeof lockedHome>>) =>
  (await place.provider.fetch({}, contextOf()))?.fields.get('value')?.reveal()

const gone = async (place: Awaited<ReturnType<typeof lockedHome>>) => {
  for (let i = 0; i < 100; i += 1) {
    const error = await thrownBy(place.provider.fetch({}, contextOf())).catch(() => null)
    if (error !== null) return error
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it still answers')
}

describe('a home with a passphrase', () => {
  it('is locked, says what to run, and stays locked without a keychain', async () => {
    const place = await lockedHome()
    for (const broken of [false, true]) {
      place.keychain.broken = broken
      const error = await thrownBy(place.provider.fetch({}, contextOf()))
      expect(error).toMatchObject({
        code: 'secret_locked',
        message: 'locked: run `keyhand unlock`',
      })
    }
    expect(readdirSync(place.home).sort()).toEqual(['identity.age', 'secrets.age'])
    expect(await place.secretsFile.status()).toEqual({ exists: true, identity: 'passphrase' })
  })

  it('is opened by the right passphrase only', async () => {
    const place = await lockedHome()
    const wrong = new Secret('passphrase', 'a wrong one')
    const error = await thrownBy(place.secretsFile.unlock(wrong, { into: 'keychain' }, signal))
    expect(error).toMatchObject({ code: 'secret_denied', message: 'the passphrase is wrong' })
    expect(everyTextOf(error)).not.toContain('a wrong one')
    expect(place.keychain.identity).toBeNull()
  })

  it('is open while the keychain holds the identity, and shut at once when it is locked', async () => {
    const place = await lockedHome()
    expect(await place.secretsFile.unlock(passphrase, { into: 'keychain' }, signal)).toBeNull()
    expect(await fetchText(place)).toBe(CANARY)
    expect(await place.secretsFile.lock(signal)).toBe(true)
    expect((await thrownBy(place.provider.fetch({}, contextOf()))).code).toBe('secret_locked')
    expect(await place.secretsFile.lock(signal)).toBe(false)
  })

  it('is served for some hours behind a socket that is private, and ends by `lock`', async () => {
    const place = await lockedHome()
    place.keychain.broken = true
    const until = await place.secretsFile.unlock(passphrase, { into: 'socket', hours: 1 }, signal)
    expect(until).toBe(place.clock.now + 3_600_000)
    expect(await fetchText(place)).toBe(CANARY)
    const socket = socketPath(place.state, place.home)
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    expect(statSync(join(place.state, 'unlocked')).mode & 0o777).toBe(0o700)

    expect(await place.secretsFile.lock(signal)).toBe(true)
    expect((await gone(place)).code).toBe('secret_locked')
    expect(readdirSync(join(place.state, 'unlocked'))).toEqual([])
  })

  it('shows the identity in no argument and no environment', async () => {
    const place = await lockedHome()
    await place.secretsFile.unlock(passphrase, { into: 'socket', hours: 1 }, signal)
    const [pid, ...others] = await pidsOf(place)
    expect(others).toEqual([])
    expect(pid).toBeDefined()
    const shown = execFileSync('ps', ['eww', '-o', 'args=', '-p', pid ?? ''], { encoding: 'utf8' })
    expect(shown).toContain('keyhand-unlocked')
    expect(shown).not.toContain('AGE-SECRET-KEY-1')
  })

  it('ends by itself when its time is over', async () => {
    const place = await lockedHome()
    await place.secretsFile.unlock(passphrase, { into: 'socket', hours: 2 / 3600 }, signal)
    expect(await fetchText(place)).toBe(CANARY)
    expect((await gone(place)).code).toBe('secret_locked')
  })

  it('ends when its socket is removed', async () => {
    const place = await lockedHome()
    await place.secretsFile.unlock(passphrase, { into: 'socket', hours: 1 }, signal)
    expect(await pidsOf(place)).toHaveLength(1)
    rmSync(socketPath(place.state, place.home))
    for (let i = 0; i < 60 && (await pidsOf(place)).length > 0; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(await pidsOf(place)).toEqual([])
  })

  it('can be unlocked again while it is', async () => {
    const place = await lockedHome()
    await place.secretsFile.unlock(passphrase, { into: 'socket', hours: 1 }, signal)
    await place.secretsFile.unlock(passphrase, { into: 'socket', hours: 2 }, signal)
    expect(await fetchText(place)).toBe(CANARY)
  })

  it('takes no identity from a socket that others could have made', async () => {
    const place = await lockedHome()
    await place.secretsFile.unlock(passphrase, { into: 'socket', hours: 1 }, signal)
    chmodSync(join(place.state, 'unlocked'), 0o777)
    const error = await thrownBy(place.provider.fetch({}, contextOf()))
    expect(error.code).toBe('config_unsafe')
    chmodSync(join(place.state, 'unlocked'), 0o700)
  })

  it('is locked, in bounded time, where something else listens or nobody does', async () => {
    const place = await lockedHome()
    await place.secretsFile.unlock(passphrase, { into: 'socket', hours: 1 }, signal)
    await place.secretsFile.lock(signal)
    await gone(place)
    const socket = socketPath(place.state, place.home)
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(socket, () => resolve()))
    chmodSync(socket, 0o600)
    const before = performance.now()
    expect((await thrownBy(place.provider.fetch({}, contextOf()))).code).toBe('secret_locked')
    expect(performance.now() - before).toBeLessThan(4_000)
    silent.close()
    writeFileSync(socket, 'not a socket', { mode: 0o600 })
    expect((await thrownBy(place.provider.fetch({}, contextOf()))).code).toBe('config_unsafe')
    rmSync(socket)
  })

  it.each([0, -1, 169, Number.NaN])('refuses %s hours', async (hours) => {
    const place = await lockedHome()
    const error = await thrownBy(
      place.secretsFile.unlock(passphrase, { into: 'socket', hours }, signal),
    )
    expect(error.code).toBe('usage')
    expect(error.message).toContain('at most 168')
  })
})

describe('making the file', () => {
  it('overwrites no file and no identity', async () => {
    const place = newHome(root)
    await place.secretsFile.create('file', signal)
    const identity = readFileSync(join(place.home, 'identity.txt'), 'utf8')
    expect((await thrownBy(place.secretsFile.create('file', signal))).code).toBe('secret_conflict')
    rmSync(join(place.home, 'secrets.age'))
    const other = await thrownBy(place.secretsFile.create('passphrase', signal, passphrase))
    expect(other.code).toBe('secret_conflict')
    expect(other.message).toBe('this home has an identity of the kind `file` already')
    await place.secretsFile.create('file', signal)
    expect(readFileSync(join(place.home, 'identity.txt'), 'utf8')).toBe(identity)
  })

  it('uses the identity that the keychain has already', async () => {
    const place = newHome(root)
    await place.secretsFile.create('keychain', signal)
    const before = place.keychain.identity?.reveal()
    rmSync(join(place.home, 'secrets.age'))
    await place.secretsFile.create('keychain', signal)
    expect(place.keychain.identity?.reveal()).toBe(before)
    expect(readdirSync(place.home)).toEqual(['secrets.age'])
  })

  it('falls back to nothing where the keychain does not work', async () => {
    const place = newHome(root)
    place.keychain.broken = true
    expect((await thrownBy(place.secretsFile.create('keychain', signal))).code).toBe(
      'secret_unreachable',
    )
    expect(readdirSync(place.home)).toEqual([])
  })

  it('never locks away the only copy of an identity', async () => {
    const place = newHome(root)
    await place.secretsFile.create('keychain', signal)
    expect((await thrownBy(place.secretsFile.lock(signal))).code).toBe('usage')
    expect(place.keychain.identity).not.toBeNull()
  })
})

/** The processes that serve this home's identity. */
async function pidsOf({ state, home }: Awaited<ReturnType<typeof lockedHome>>): Promise<string[]> {
  const title = `keyhand-unlocked ${basename(socketPath(state, home))}`
  return execFileSync('ps', ['axww', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(title))
    .map((line) => line.trim().split(' ')[0] ?? '')
}
