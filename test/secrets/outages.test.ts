import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ErrorCode } from '../../src/core/errors.ts'
import { thrownBy } from '../contract/secret-provider.ts'
import { fails, fakeRemote, oneValue, silence } from './fake-remote.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000)
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000)

/** Waits for a promise while the fake time goes on. */
async function settled<T>(promise: Promise<T>, stepMs = 50): Promise<T> {
  const progress = { done: false }
  const end = promise.then(
    () => undefined,
    () => undefined,
  )
  void end.then(() => {
    progress.done = true
  })
  while (!progress.done) await vi.advanceTimersByTimeAsync(stepMs)
  return promise
}

describe('a value in memory', () => {
  it('is fetched anew before its time is over while it is in use, and no call waits', async () => {
    const remote = fakeRemote()
    expect(await remote.value(remote.entry())).toBe('v1')
    await minutes(2)
    expect(await remote.value(remote.entry())).toBe('v1 cached')
    await minutes(2.5)
    expect(remote.asked).toHaveLength(2)
    expect(await remote.value(remote.entry())).toBe('v2 cached')
    await minutes(1)
    expect(await remote.value(remote.entry())).toBe('v2 cached')
  })

  it('is not fetched anew where nobody used it since', async () => {
    const remote = fakeRemote()
    await remote.value(remote.entry())
    await minutes(60)
    expect(remote.asked).toHaveLength(1)
  })

  it('is used to its end where the refresh fails, which is tried again', async () => {
    const remote = fakeRemote()
    await remote.value(remote.entry())
    await seconds(1)
    await remote.value(remote.entry())
    remote.answer = () => fails('secret_unreachable')
    await minutes(4.5)
    expect(remote.asked.length).toBeGreaterThan(1)
    expect(await remote.value(remote.entry())).toBe('v1 cached')
    remote.answer = async () => oneValue('new')
    await minutes(0.4)
    expect(await remote.value(remote.entry())).toBe('new cached')
  })

  it('is gone when its time is over', async () => {
    const remote = fakeRemote()
    await remote.value(remote.entry())
    expect(vi.getTimerCount()).toBe(2)
    await minutes(6)
    expect(vi.getTimerCount()).toBe(0)
    expect(await remote.value(remote.entry())).toBe('v2')
  })

  it('is gone when the resolver is closed', async () => {
    const remote = fakeRemote()
    await remote.value(remote.entry())
    await remote.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not used after someone asked for a refresh, of that secret alone', async () => {
    const remote = fakeRemote()
    const other = remote.entry({ name: 'other' })
    await remote.value(remote.entry({ staleIfErrorMs: 3_600_000 }))
    await remote.value(other)
    remote.generations.set('key', 1)
    expect(await remote.value(remote.entry())).toBe('v3')
    expect(await remote.value(other)).toBe('v2 cached')
  })

  it('costs at least 80 % fewer questions, for 1,000 calls in 5 minutes', async () => {
    const count = async (cacheMs: number) => {
      const remote = fakeRemote()
      for (let call = 0; call < 1_000; call += 1) {
        await remote.value(remote.entry({ cacheMs }))
        await vi.advanceTimersByTimeAsync(300)
      }
      return remote.asked.length
    }
    const without = await count(0)
    expect(without).toBe(1_000)
    expect(await count(300_000)).toBeLessThanOrEqual(without * 0.2)
  })
})

describe('stale-if-error', () => {
  const lasting = { staleIfErrorMs: 3_600_000 }

  it.each<ErrorCode>(['secret_unreachable', 'secret_throttled', 'secret_timeout'])(
    'uses what is older where the answer is %s, and says so',
    async (code) => {
      const remote = fakeRemote()
      await remote.value(remote.entry(lasting))
      await minutes(30)
      remote.answer = () => fails(code)
      expect(await settled(remote.value(remote.entry(lasting)))).toBe('v1 stale')
    },
  )

  it.each<ErrorCode>([
    'secret_not_found',
    'secret_denied',
    'secret_not_logged_in',
    'secret_locked',
  ])('does not where the answer is %s', async (code) => {
    const remote = fakeRemote()
    await remote.value(remote.entry(lasting))
    await minutes(30)
    remote.answer = () => fails(code)
    expect(await thrownBy(settled(remote.value(remote.entry(lasting))))).toMatchObject({
      code,
    })
  })

  it('ends with its time', async () => {
    const remote = fakeRemote()
    await remote.value(remote.entry(lasting))
    await minutes(66)
    remote.answer = () => fails('secret_unreachable')
    expect(await thrownBy(settled(remote.value(remote.entry(lasting))))).toMatchObject({
      code: 'secret_unreachable',
    })
  })

  it('is off where the catalog does not say it', async () => {
    const remote = fakeRemote()
    await remote.value(remote.entry())
    await minutes(6)
    remote.answer = () => fails('secret_unreachable')
    expect(await thrownBy(settled(remote.value(remote.entry())))).toMatchObject({
      code: 'secret_unreachable',
    })
  })

  it('never brings back a value that an upstream refused', async () => {
    const remote = fakeRemote()
    await remote.value(remote.entry(lasting))
    remote.answer = () => fails('secret_unreachable')
    const fresh = settled(remote.value(remote.entry(lasting), { fresh: true }))
    expect(await thrownBy(fresh)).toMatchObject({ code: 'secret_unreachable' })
    expect(await thrownBy(settled(remote.value(remote.entry(lasting))))).toMatchObject({
      code: 'secret_unreachable',
    })
  })
})

describe('a place that fails', () => {
  it.each<ErrorCode>(['secret_unreachable', 'secret_throttled'])(
    'is asked again after a while where it says %s',
    async (code) => {
      const remote = fakeRemote()
      remote.answer = () =>
        remote.asked.length < 3 ? fails(code) : Promise.resolve(oneValue('here'))
      const began = Date.now()
      expect(await settled(remote.value(remote.entry()))).toBe('here')
      expect(Date.now() - began).toBeLessThan(1_000)
    },
  )

  it.each<ErrorCode>(['secret_denied', 'secret_not_found', 'secret_invalid', 'secret_locked'])(
    'is asked once where it says %s',
    async (code) => {
      const remote = fakeRemote()
      remote.answer = () => fails(code)
      expect(await thrownBy(settled(remote.value(remote.entry())))).toMatchObject({ code })
      expect(remote.asked).toHaveLength(1)
    },
  )

  it('gets the patience that it asks for, where there is time', async () => {
    const remote = fakeRemote()
    remote.answer = () =>
      remote.asked.length === 1
        ? fails('secret_throttled', 4_000)
        : Promise.resolve(oneValue('here'))
    const began = Date.now()
    expect(await settled(remote.value(remote.entry()))).toBe('here')
    expect(Date.now() - began).toBeGreaterThanOrEqual(4_000)
  })

  it('is not waited for where it asks for more patience than there is', async () => {
    const remote = fakeRemote()
    remote.answer = () => fails('secret_throttled', 60_000)
    const began = Date.now()
    expect(await thrownBy(settled(remote.value(remote.entry())))).toMatchObject({
      code: 'secret_throttled',
      message: 'the fake says secret_throttled',
    })
    expect(Date.now() - began).toBeLessThan(1_000)
    expect(remote.asked).toHaveLength(1)
  })

  it('fails fast once it is known to be down, with when it is asked again', async () => {
    const remote = fakeRemote()
    remote.answer = () => fails('secret_unreachable')
    await thrownBy(settled(remote.value(remote.entry())))
    const asked = remote.asked.length
    const began = Date.now()
    expect(await thrownBy(remote.value(remote.entry({ name: 'other' })))).toMatchObject({
      code: 'secret_unreachable',
      message:
        'the provider `remote` failed 3 times in a row, and is asked again in 2 s: the fake says secret_unreachable',
      fix: 'wait',
    })
    expect(Date.now()).toBe(began)
    expect(remote.asked).toHaveLength(asked)
  })

  it('slows nobody who needs another place, whether the catalog calls it the same or not', async () => {
    const remote = fakeRemote()
    remote.answer = ({ name }) =>
      name.startsWith('eu')
        ? Promise.resolve(oneValue(`from ${name}`))
        : fails('secret_unreachable')
    await thrownBy(settled(remote.value(remote.entry())))
    const began = Date.now()
    expect(await remote.value(remote.entry({ name: 'eu', instance: 'remote-eu' }))).toBe('from eu')
    const elsewhere = { reference: { address: 'https://eu.example' } }
    expect(await remote.value(remote.entry({ name: 'eu2', ...elsewhere }))).toBe('from eu2')
    expect(
      await remote.value(remote.entry({ name: 'x', provider: 'local', instance: 'local' })),
    ).toBe('x of the local store')
    expect(Date.now()).toBe(began)
  })

  it('is tried by one call after a while, and serves all again once that one is answered', async () => {
    const remote = fakeRemote()
    remote.answer = () => fails('secret_unreachable')
    await thrownBy(settled(remote.value(remote.entry())))
    await seconds(3)
    let answer = (_: string): void => {}
    remote.answer = () =>
      new Promise((resolve) => {
        answer = (value) => resolve(oneValue(value))
      })
    const first = remote.value(remote.entry())
    await seconds(0)
    expect(await thrownBy(remote.value(remote.entry({ name: 'b' })))).toMatchObject({
      code: 'secret_unreachable',
    })
    answer('back')
    expect(await first).toBe('back')
    remote.answer = null
    expect(await remote.value(remote.entry({ name: 'b' }))).toMatch(/^v\d+$/)
  })

  it('is asked more and more seldom while it stays down', async () => {
    const remote = fakeRemote()
    remote.answer = () => fails('secret_unreachable')
    for (let second = 0; second < 300; second += 1) {
      await thrownBy(settled(remote.value(remote.entry()), 10))
      await seconds(1)
    }
    expect(remote.asked.length).toBeLessThan(20)
  })

  it('is left when it is silent, and two of its silences are enough to know it', async () => {
    const remote = fakeRemote()
    remote.answer = silence
    const impatient = remote.entry({ timeoutMs: 5_000 })
    const began = Date.now()
    expect(await thrownBy(settled(remote.value(impatient)))).toMatchObject({
      code: 'secret_timeout',
      message: 'the secret could not be fetched within 5 s',
    })
    await thrownBy(settled(remote.value(impatient)))
    expect(Date.now() - began).toBeLessThan(10_200)
    const after = Date.now()
    expect(await thrownBy(remote.value(impatient))).toMatchObject({ code: 'secret_timeout' })
    expect(Date.now()).toBe(after)
  })

  it('is not taken to be down because calls were cancelled', async () => {
    const remote = fakeRemote()
    remote.answer = silence
    for (let call = 0; call < 5; call += 1) {
      const controller = new AbortController()
      const pending = remote.value(remote.entry(), { signal: controller.signal })
      await seconds(0.1)
      controller.abort()
      expect(await thrownBy(pending)).toMatchObject({ code: 'cancelled' })
    }
    remote.answer = null
    expect(await remote.value(remote.entry())).toMatch(/^v\d+$/)
  })
})

describe('a no', () => {
  it.each<ErrorCode>(['secret_denied', 'secret_not_found'])(
    'is believed for two seconds: %s',
    async (code) => {
      const remote = fakeRemote()
      remote.answer = () => fails(code)
      for (let call = 0; call < 100; call += 1) {
        expect(await thrownBy(remote.value(remote.entry()))).toMatchObject({ code })
      }
      expect(remote.asked).toHaveLength(1)
      remote.answer = null
      await seconds(2)
      expect(await remote.value(remote.entry())).toBe('v2')
    },
  )

  it('is forgotten by a refresh', async () => {
    const remote = fakeRemote()
    remote.answer = async () => null
    await thrownBy(remote.value(remote.entry()))
    remote.answer = null
    remote.generations.set('key', 1)
    expect(await remote.value(remote.entry())).toBe('v2')
  })
})

describe('what a provider logs in with', () => {
  const login = (remote: ReturnType<typeof fakeRemote>, more = {}) =>
    remote.entry({ name: 'role', provider: 'local', instance: 'local', ...more })

  it('is resolved as any secret, registered, and named', async () => {
    const remote = fakeRemote()
    remote.answer = async (context) => {
      const role = await context.secret('role')
      return oneValue(`with ${role.reveal()}`)
    }
    const entry = remote.entry({ needs: [login(remote)] })
    const resolved = await remote.resolve(entry)
    expect(resolved.fields.get('value')?.reveal()).toBe('with role of the local store')
    expect(resolved.via).toEqual([
      { name: 'role', provider: 'local', instance: 'local', version: 'role of the local store' },
    ])
    expect(remote.registered).toEqual(['role of the local store', 'with role of the local store'])
    expect((await remote.resolve(entry)).via).toEqual([])
  })

  it('may be no other secret than those that it named', async () => {
    const remote = fakeRemote()
    remote.answer = async (context) => oneValue((await context.secret('key2')).reveal())
    expect(await thrownBy(remote.value(remote.entry()))).toMatchObject({
      code: 'config_invalid',
      message: 'the provider `remote` asked for a secret that `key` does not name',
    })
  })

  it('names the fields that there are', async () => {
    const remote = fakeRemote()
    remote.answer = async (context) => oneValue((await context.secret('role', 'id')).reveal())
    expect(await thrownBy(remote.value(remote.entry({ needs: [login(remote)] })))).toMatchObject({
      code: 'secret_invalid',
      message: 'the secret `role` has no field `id`',
    })
  })

  it('is fetched anew where what was kept of it no longer logs in', async () => {
    const remote = fakeRemote()
    const role = remote.entry({ name: 'role' })
    remote.answer = async (context) => {
      if (context.name === 'role') return oneValue(`role ${remote.asked.length}`)
      const value = (await context.secret('role')).reveal()
      return value === 'role 1' ? fails('secret_denied') : oneValue(`with ${value}`)
    }
    expect(await remote.value(role)).toBe('role 1')
    expect(await remote.value(remote.entry({ needs: [role] }))).toBe('with role 4')
  })
})

describe('the version before the current one', () => {
  it('is asked for by that word, and kept beside the current one', async () => {
    const remote = fakeRemote()
    remote.answer = async ({ version }) => oneValue(version)
    expect(await remote.value(remote.entry())).toBe('current')
    expect(await remote.value(remote.entry(), { version: 'previous' })).toBe('previous')
    expect(await remote.value(remote.entry())).toBe('current cached')
  })

  it('is said not to be there', async () => {
    const remote = fakeRemote()
    remote.answer = async () => null
    expect(await thrownBy(remote.value(remote.entry(), { version: 'previous' }))).toMatchObject({
      code: 'secret_not_found',
      message: 'the provider `remote` has no version before the current one of the secret `key`',
    })
  })
})
