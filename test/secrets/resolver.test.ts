import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BrokerError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { SecretEntry } from '../../src/core/snapshot.ts'
import type { FetchContext, FetchedSecret, SecretProvider } from '../../src/providers/provider.ts'
import { createResolver } from '../../src/secrets/resolver.ts'
import { valuesOf } from '../../src/secrets/values.ts'
import { thrownBy } from '../contract/secret-provider.ts'
import { secretEntry } from '../support/secret-entry.ts'

const signal = new AbortController().signal

function entry(more: Partial<SecretEntry> = {}): SecretEntry {
  const reference = { id: 'prod/stripe' }
  return secretEntry({
    name: 'stripe_key',
    provider: 'fake',
    reference,
    cacheMs: 60_000,
    ...more,
  })
}

type Fetch = (reference: unknown, context: FetchContext) => Promise<FetchedSecret | null>

const fetched = (value: string, version: string | null = value): FetchedSecret => ({
  fields: new Map([['value', new Secret('stripe_key', value)]]),
  version,
  createdAt: null,
  lease: null,
})

/** A resolver on a fake provider, which answers `v1`, `v2` … where nothing else is said. */
function setUp({ fetch, timeoutMs }: { fetch?: Fetch; timeoutMs?: number } = {}) {
  const clock = { now: 1_000_000 }
  const calls: FetchContext[] = []
  const registered: string[] = []
  const provider: SecretProvider = {
    type: 'fake',
    description: 'a fake',
    reference: z.unknown(),
    defaults: { watch: 'used', cacheMs: 0 },
    store: null,
    needs: () => [],
    async fetch(reference, context) {
      calls.push(context)
      const count = calls.length
      return fetch === undefined ? fetched(`v${count}`) : fetch(reference, context)
    },
  }
  const resolver = createResolver({
    providers: new Map([['fake', provider]]),
    now: () => clock.now,
    onFetched: (secret) => registered.push(secret.reveal()),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  const value = async (one = entry(), options: { signal?: AbortSignal; fresh?: boolean } = {}) => {
    const resolved = await resolver.resolve(one, { signal, ...options })
    return `${resolved.fields.get('value')?.reveal()}${resolved.cached ? ' cached' : ''}`
  }
  return { clock, calls, registered, provider, resolver, value }
}

/** A fetch whose answers come when the test says so. */
function onDemand() {
  const waiting: ReturnType<typeof Promise.withResolvers<FetchedSecret | null>>[] = []
  const signals: AbortSignal[] = []
  const fetch: Fetch = async (_reference, context) => {
    const one = Promise.withResolvers<FetchedSecret | null>()
    waiting.push(one)
    signals.push(context.signal)
    return one.promise
  }
  return { waiting, signals, fetch }
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 2))

describe('the resolver', () => {
  it('gives name, provider, version and fields', async () => {
    const { resolver } = setUp()
    const resolved = await resolver.resolve(entry(), { signal })
    expect(resolved).toMatchObject({
      name: 'stripe_key',
      provider: 'fake',
      version: 'v1',
      cached: false,
    })
  })

  it('uses a value again until its time is over, counted from before the fetch', async () => {
    const { clock, value, calls } = setUp()
    expect(await value()).toBe('v1')
    clock.now += 59_999
    expect(await value()).toBe('v1 cached')
    clock.now += 1
    expect(await value()).toBe('v2')
    expect(calls).toHaveLength(2)
  })

  it('keeps nothing where the catalog says no cache, also not what an earlier catalog let it keep', async () => {
    const { value } = setUp()
    expect(await value(entry({ cacheMs: 0 }))).toBe('v1')
    expect(await value(entry({ cacheMs: 0 }))).toBe('v2')
    expect(await value(entry())).toBe('v3')
    expect(await value(entry({ cacheMs: 0 }))).toBe('v4')
  })

  it('does not take a value from the future, where the clock went back', async () => {
    const { clock, value } = setUp()
    await value()
    clock.now -= 10
    expect(await value()).toBe('v2')
  })

  it('fetches anew where the reference changed, in whatever order its keys stand', async () => {
    const { value } = setUp()
    expect(await value(entry({ reference: { id: 'a', key: 'k' } }))).toBe('v1')
    expect(await value(entry({ reference: { key: 'k', id: 'a' } }))).toBe('v1 cached')
    expect(await value(entry({ reference: { id: 'b', key: 'k' } }))).toBe('v2')
    expect(await value(entry({ reference: { id: 'a', key: 'k' }, name: 'other' }))).toBe('v3')
  })

  it('registers every field before anyone gets it', async () => {
    const both = new Map([
      ['username', new Secret('stripe_key', 'me', 'username')],
      ['password', new Secret('stripe_key', 'pw', 'password')],
    ])
    const { resolver, registered } = setUp({
      fetch: async () => ({ ...fetched('x'), fields: both }),
    })
    await resolver.resolve(entry(), { signal }).then(() => expect(registered).toEqual(['me', 'pw']))
  })

  it('gives nobody a value that redaction could not take', async () => {
    const { provider } = setUp()
    const resolver = createResolver({
      providers: new Map([['fake', provider]]),
      now: () => 0,
      onFetched: () => {
        throw new BrokerError('redaction_failed', 'the registry is full')
      },
    })
    for (let i = 0; i < 2; i += 1) {
      expect((await thrownBy(resolver.resolve(entry(), { signal }))).code).toBe('redaction_failed')
    }
  })
})

describe('callers at the same time', () => {
  it('share one fetch', async () => {
    const { value, calls } = setUp()
    const all = await Promise.all(Array.from({ length: 50 }, () => value(entry({ cacheMs: 0 }))))
    expect(new Set(all)).toEqual(new Set(['v1']))
    expect(calls).toHaveLength(1)
  })

  it('do not fail with the one that left', async () => {
    const { waiting, signals, fetch } = onDemand()
    const { value } = setUp({ fetch })
    const leaver = new AbortController()
    const left = thrownBy(value(entry(), { signal: leaver.signal }))
    const stays = value()
    await soon()
    leaver.abort()
    expect((await left).code).toBe('cancelled')
    expect(signals[0]?.aborted).toBe(false)
    waiting[0]?.resolve(fetched('kept'))
    expect(await stays).toBe('kept')
  })

  it('end the fetch when the last has left, and the next one starts another', async () => {
    const { waiting, signals, fetch } = onDemand()
    const { value } = setUp({ fetch })
    const leaver = new AbortController()
    const left = thrownBy(value(entry(), { signal: leaver.signal }))
    await soon()
    leaver.abort()
    await left
    expect(signals[0]?.aborted).toBe(true)
    const next = value()
    await soon()
    waiting[1]?.resolve(fetched('second'))
    expect(await next).toBe('second')
  })

  it('all get the failure, and the next one tries again', async () => {
    let count = 0
    const { value } = setUp({
      fetch: async () => {
        count += 1
        if (count === 1) throw new BrokerError('secret_throttled', 'slow down')
        return fetched('later')
      },
    })
    const codes = await Promise.all(
      [value(), value()].map(async (one) => (await thrownBy(one)).code),
    )
    expect(codes).toEqual(['secret_throttled', 'secret_throttled'])
    expect(await value()).toBe('later')
  })
})

describe('a refresh', () => {
  it('fetches anew, and what it brings is used from then on', async () => {
    const { value } = setUp()
    await value()
    expect(await value(entry(), { fresh: true })).toBe('v2')
    expect(await value()).toBe('v2 cached')
  })

  it('drops the old value even where it fails', async () => {
    let fails = false
    const { value } = setUp({
      fetch: async () => {
        if (fails) throw new BrokerError('secret_unreachable', 'down')
        return fetched('old')
      },
    })
    await value()
    fails = true
    expect((await thrownBy(value(entry(), { fresh: true }))).code).toBe('secret_unreachable')
    expect((await thrownBy(value())).code).toBe('secret_unreachable')
  })

  it('is shared by all that ask for it', async () => {
    const { value, calls } = setUp()
    await value()
    await Promise.all(Array.from({ length: 20 }, () => value(entry(), { fresh: true })))
    expect(calls).toHaveLength(2)
  })

  it('does not join a fetch that may still bring the old value, which does not overwrite it later', async () => {
    const { waiting, fetch } = onDemand()
    const { value, calls } = setUp({ fetch })
    const before = value()
    await soon()
    const refreshed = value(entry(), { fresh: true })
    await soon()
    expect(calls).toHaveLength(2)
    waiting[1]?.resolve(fetched('new'))
    expect(await refreshed).toBe('new')
    waiting[0]?.resolve(fetched('old'))
    expect(await before).toBe('old')
    expect(await value()).toBe('new cached')
  })
})

describe('what redaction is told', () => {
  const fake = (told: string[]) => {
    const { provider } = setUp({
      fetch: async (_, { name, secret }) => {
        const login = name === 'stripe_key' ? await secret('login') : null
        return fetched(login === null ? `value of ${name}` : 'value behind a login')
      },
    })
    return createResolver({
      providers: new Map([['fake', provider]]),
      now: () => 0,
      onFetched: (secret, redact) => told.push(`${secret.reveal()}: ${redact}`),
    })
  }
  const login = secretEntry({ name: 'login', provider: 'fake' })

  it('is what the catalog says of each secret, also of one that its provider logs in with', async () => {
    const told: string[] = []
    await fake(told).resolve(entry({ redact: 'exact-word', needs: [login] }), { signal })
    expect(told).toEqual(['value of login: full', 'value behind a login: exact-word'])
  })

  it('is told anew where the catalog has become stricter, though the value is in memory', async () => {
    const told: string[] = []
    const resolver = fake(told)
    const relaxed = entry({ redact: 'off', needs: [login] })
    await resolver.resolve(relaxed, { signal })
    await resolver.resolve(relaxed, { signal })
    await resolver.resolve({ ...relaxed, redact: 'full' }, { signal })
    expect(told.filter((one) => !one.startsWith('value of login'))).toEqual([
      'value behind a login: off',
      'value behind a login: full',
    ])
  })
})

describe('what cannot be resolved', () => {
  it('is not found where the reference names nothing, and that is not remembered', async () => {
    let there = false
    const { resolver, value } = setUp({ fetch: async () => (there ? fetched('now') : null) })
    expect(await thrownBy(resolver.resolve(entry(), { signal }))).toMatchObject({
      code: 'secret_not_found',
      message: 'the provider `fake` has nothing for the secret `stripe_key`',
      fix: 'Create it there, or correct the entry of `stripe_key` in keyhand.yaml.',
    })
    there = true
    expect(await value()).toBe('now')
  })

  it('says what to run where keyhand can write it', async () => {
    const { provider } = setUp({ fetch: async () => null })
    const store = { put: async () => null, remove: async () => false }
    const resolver = createResolver({
      providers: new Map([['fake', { ...provider, store }]]),
      now: () => 0,
      onFetched: () => undefined,
    })
    const error = await thrownBy(resolver.resolve(entry(), { signal }))
    expect(error.fix).toBe('Run `keyhand secret set stripe_key`.')
  })

  it('ends after its time, whatever the provider does', async () => {
    const { resolver, calls } = setUp({ fetch: () => new Promise(() => undefined), timeoutMs: 20 })
    const error = await thrownBy(resolver.resolve(entry(), { signal }))
    expect(error).toMatchObject({
      code: 'secret_timeout',
      message: 'the secret could not be fetched within 0.02 s',
    })
    expect(calls[0]?.signal.aborted).toBe(true)
  })

  it('keeps nothing of a foreign error but its kind', async () => {
    const { resolver } = setUp({
      fetch: async () => {
        throw new TypeError('token sk_live_123')
      },
    })
    const error = await thrownBy(resolver.resolve(entry(), { signal }))
    expect(error).toMatchObject({
      code: 'internal',
      message: 'an unexpected TypeError inside keyhand',
    })
  })

  it('is cancelled at once for a call that is over', async () => {
    const { resolver, calls } = setUp()
    const error = await thrownBy(resolver.resolve(entry(), { signal: AbortSignal.abort() }))
    expect(error.code).toBe('cancelled')
    expect(calls).toEqual([])
  })

  it('names the providers that there are', async () => {
    const { resolver } = setUp()
    const error = await thrownBy(resolver.resolve(entry({ provider: 'vault' }), { signal }))
    expect(error).toMatchObject({
      code: 'config_invalid',
      message: 'the secret `stripe_key` names the provider `vault`, which does not exist',
      fix: 'Use one of: fake.',
    })
  })

  it('is invalid without any field', async () => {
    const { resolver } = setUp({ fetch: async () => ({ ...fetched('x'), fields: new Map() }) })
    expect((await thrownBy(resolver.resolve(entry(), { signal }))).code).toBe('secret_invalid')
  })
})

describe('the values of a call', () => {
  const login = {
    name: 'login',
    provider: 'file',
    version: null,
    cached: false,
    fields: new Map([
      ['username', new Secret('login', 'me', 'username')],
      ['password', new Secret('login', 'pw', 'password')],
    ]),
  }

  it('are found by name and field', () => {
    expect(valuesOf([login]).get('login', 'password').reveal()).toBe('pw')
  })

  it('name the fields that there are', () => {
    expect(() => valuesOf([login]).get('login')).toThrow('the secret `login` has no field `value`')
    try {
      valuesOf([login]).get('login')
    } catch (thrown) {
      expect(thrown).toMatchObject({
        code: 'secret_invalid',
        fix: 'Use one of its fields: `username`, `password`.',
      })
    }
  })

  it('are those of this call only', () => {
    expect(() => valuesOf([login]).get('other')).toThrow('was not resolved for this call')
  })
})
