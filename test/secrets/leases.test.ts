import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { BrokerError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { SecretEntry } from '../../src/core/snapshot.ts'
import type { Lease, SecretProvider } from '../../src/providers/provider.ts'
import { createResolver } from '../../src/secrets/resolver.ts'
import { thrownBy } from '../contract/secret-provider.ts'
import { secretEntry } from '../support/secret-entry.ts'

const signal = new AbortController().signal

function entry(more: Partial<SecretEntry> = {}): SecretEntry {
  return secretEntry({ name: 'login', provider: 'lender', cacheMs: 300_000, ...more })
}

/** A resolver on a fake that lends; each lease lives a minute and can be renewed up to `longest`. */
function setUp({ renewable = true, longest = 600_000 } = {}) {
  const events: string[] = []
  let count = 0
  const world = { answer: async () => {}, register: () => {} }
  const lend = (id: string, expiresAt: number, last: number): Lease => ({
    id,
    expiresAt,
    renewable,
    async renew() {
      events.push(`renew ${id}`)
      await world.answer()
      return lend(id, Math.min(Date.now() + 60_000, last), last)
    },
    async revoke() {
      events.push(`revoke ${id}`)
      await world.answer()
    },
  })
  const provider: SecretProvider = {
    type: 'lender',
    description: 'a fake that lends',
    reference: z.unknown(),
    defaults: { watch: 'used', cacheMs: 0 },
    needs: () => [],
    store: null,
    async fetch(_reference, { name }) {
      count += 1
      const id = `lease-${count}`
      events.push(`lend ${id}`)
      await world.answer()
      const fields = new Map([['password', new Secret(name, `password of ${id}`, 'password')]])
      const lease = lend(id, Date.now() + 60_000, Date.now() + longest)
      return { fields, version: null, createdAt: null, lease }
    },
  }
  const resolver = createResolver({
    providers: new Map([['lender', provider]]),
    now: () => Date.now(),
    onFetched: () => world.register(),
  })
  return { resolver, events, world }
}

const turn = () => vi.advanceTimersByTimeAsync(1)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('what is lent', () => {
  it('is given back once its call is done, and only once', async () => {
    const { resolver, events } = setUp()
    const resolved = await resolver.resolve(entry(), { signal })
    await turn()
    expect(events).toEqual(['lend lease-1'])
    resolved.release()
    resolved.release()
    expect(events).toEqual(['lend lease-1', 'revoke lease-1'])
  })

  it('is not kept by what other secrets are kept by: only `cache` in its own entry keeps it', async () => {
    const { resolver, events } = setUp()
    for (let call = 0; call < 2; call += 1) {
      const resolved = await resolver.resolve(entry(), { signal })
      resolved.release()
      await turn()
    }
    expect(events).toEqual(['lend lease-1', 'revoke lease-1', 'lend lease-2', 'revoke lease-2'])
  })

  it('is shared by calls at the same time, and given back by the last of them', async () => {
    const { resolver, events } = setUp()
    const [first, second] = await Promise.all([
      resolver.resolve(entry(), { signal }),
      resolver.resolve(entry(), { signal }),
    ])
    await turn()
    const third = await resolver.resolve(entry(), { signal })
    expect(third.cached).toBe(true)
    for (const one of [first, third]) one.release()
    expect(events).toEqual(['lend lease-1'])
    second.release()
    expect(events).toEqual(['lend lease-1', 'revoke lease-1'])
  })

  it('is kept for as long as `cache` says, counted from its fetch, and then given back', async () => {
    const { resolver, events } = setUp({ renewable: false })
    const kept = entry({ leaseCacheMs: 20_000 })
    const first = await resolver.resolve(kept, { signal })
    first.release()
    await vi.advanceTimersByTimeAsync(19_000)
    const second = await resolver.resolve(kept, { signal })
    second.release()
    expect(events).toEqual(['lend lease-1'])
    await vi.advanceTimersByTimeAsync(1_001)
    expect(events).toEqual(['lend lease-1', 'revoke lease-1'])
  })

  it('is renewed while a long call uses it', async () => {
    const { resolver, events } = setUp()
    const resolved = await resolver.resolve(entry(), { signal })
    await vi.advanceTimersByTimeAsync(95_000)
    expect(events).toEqual(['lend lease-1', 'renew lease-1', 'renew lease-1', 'renew lease-1'])
    resolved.release()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(events.at(-1)).toBe('revoke lease-1')
    expect(events).toHaveLength(5)
  })

  it('is given to no further call where little of its life is left, and asked for seldom then', async () => {
    const { resolver, events } = setUp({ longest: 60_000 })
    const first = await resolver.resolve(entry(), { signal })
    await vi.advanceTimersByTimeAsync(55_000)
    const second = await resolver.resolve(entry(), { signal })
    expect(second.cached).toBe(false)
    expect(events.filter((event) => event.startsWith('lend'))).toEqual([
      'lend lease-1',
      'lend lease-2',
    ])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(events.filter((event) => event === 'renew lease-1').length).toBeLessThan(8)
    first.release()
    second.release()
  })

  it('goes on where a renewal fails, and asks again', async () => {
    const { resolver, events, world } = setUp()
    const resolved = await resolver.resolve(entry(), { signal })
    world.answer = async () => {
      throw new BrokerError('secret_unreachable', 'nobody is there')
    }
    await vi.advanceTimersByTimeAsync(31_000)
    world.answer = async () => {}
    await vi.advanceTimersByTimeAsync(2_000)
    expect(events).toEqual(['lend lease-1', 'renew lease-1', 'renew lease-1'])
    resolved.release()
  })

  it('is replaced where the upstream refused it, and given back when its users are done', async () => {
    const { resolver, events } = setUp()
    const kept = entry({ leaseCacheMs: 60_000 })
    const first = await resolver.resolve(kept, { signal })
    const fresh = await resolver.resolve(kept, { signal, fresh: true })
    expect(fresh.fields.get('password')?.reveal()).toBe('password of lease-2')
    await turn()
    expect(events).toEqual(['lend lease-1', 'lend lease-2'])
    first.release()
    expect(events).toEqual(['lend lease-1', 'lend lease-2', 'revoke lease-1'])
    fresh.release()
  })

  it('is given back where the call that wanted it has gone', async () => {
    const { resolver, events, world } = setUp()
    const answer = Promise.withResolvers<void>()
    world.answer = () => answer.promise
    const left = new AbortController()
    const resolving = thrownBy(resolver.resolve(entry(), { signal: left.signal }))
    await turn()
    left.abort()
    expect((await resolving).code).toBe('cancelled')
    world.answer = async () => {}
    answer.resolve()
    await turn()
    expect(events).toEqual(['lend lease-1', 'revoke lease-1'])
  })

  it('is given back where its fetch took too long for the call', async () => {
    const { resolver, events, world } = setUp()
    world.answer = () => new Promise((resolve) => setTimeout(resolve, 11_000))
    const resolving = thrownBy(resolver.resolve(entry(), { signal }))
    await vi.advanceTimersByTimeAsync(11_002)
    expect((await resolving).code).toBe('secret_timeout')
    expect(events).toEqual(['lend lease-1', 'revoke lease-1'])
  })

  it('is given to nobody, and given back, where redaction cannot learn it', async () => {
    const { resolver, events, world } = setUp()
    world.register = () => {
      throw new BrokerError('redaction_failed', 'no')
    }
    expect((await thrownBy(resolver.resolve(entry(), { signal }))).code).toBe('redaction_failed')
    await turn()
    expect(events).toEqual(['lend lease-1', 'revoke lease-1'])
  })

  it('is all given back at the end, in use or kept, whoever refuses', async () => {
    const { resolver, events, world } = setUp()
    const used = await resolver.resolve(entry(), { signal })
    const other = entry({ name: 'other', leaseCacheMs: 60_000 })
    const kept = await resolver.resolve(other, { signal })
    kept.release()
    world.answer = async () => {
      throw new BrokerError('secret_unreachable', 'nobody is there')
    }
    await resolver.close()
    expect(events.slice(2).sort()).toEqual(['revoke lease-1', 'revoke lease-2'])
    used.release()
    await turn()
    expect(events).toHaveLength(4)
  })
})
