import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BrokerError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { SecretEntry } from '../../src/core/snapshot.ts'
import type { LendingProvider, SecretProvider } from '../../src/providers/provider.ts'
import type { ResolvedSecret, SecretResolver } from '../../src/secrets/resolver.ts'
import { sweepingResolver, sweepLeases } from '../../src/secrets/sweep.ts'

const signal = new AbortController().signal

function entry(name: string, provider: string, needs: readonly SecretEntry[] = []): SecretEntry {
  return {
    name,
    provider,
    instance: provider,
    reference: { of: name },
    cacheMs: 0,
    staleIfErrorMs: 0,
    timeoutMs: null,
    overlapMs: null,
    tags: {},
    needs,
    watch: 'used',
    redact: 'full',
    position: { file: 'keyhand.yaml', line: 1, column: 1 },
  }
}

const login = entry('login', 'plain')
const lent = entry('lent', 'lender', [login])
const other = entry('other', 'lender', [login])

/** A fake that lends, with so many orphans, and a resolver that notes what it was asked for. */
function setUp(orphans = 1) {
  const events: string[] = []
  const world = { orphans, now: 0, failing: false }
  const common = {
    description: 'a fake',
    reference: z.unknown(),
    defaults: { watch: 'used', cacheMs: 0 },
    needs: () => [],
    fetch: async () => null,
    store: null,
  } as const
  const lender: LendingProvider = {
    ...common,
    type: 'lender',
    lending: {
      orphans: async () => world.orphans,
      async sweep(reference, context) {
        const value = await context.secret('login')
        events.push(`sweep ${JSON.stringify(reference)} with ${value.name}`)
        if (world.failing) throw new BrokerError('secret_denied', 'no')
        const ended = world.orphans
        world.orphans = 0
        return ended
      },
      async close() {
        events.push('close lender')
      },
    },
  }
  const resolver: SecretResolver = {
    async resolve(one): Promise<ResolvedSecret> {
      events.push(`resolve ${one.name}`)
      return {
        name: one.name,
        provider: one.provider,
        instance: one.instance,
        version: null,
        fields: new Map([['value', new Secret(one.name, 'value')]]),
        createdAt: null,
        cached: false,
        stale: false,
        via: [],
        release: () => {},
      }
    },
    async close() {
      events.push('close resolver')
    },
  }
  const providers = new Map<string, SecretProvider>()
  providers.set('lender', lender)
  providers.set('plain', { ...common, type: 'plain' })
  const sweeping = sweepingResolver({
    resolver,
    providers,
    now: () => world.now,
    entries: async () => [login, lent, other],
  })
  return { events, world, resolver, providers, sweeping }
}

describe('ending what dead processes were lent', () => {
  it('begins with the first secret that is asked for, once', async () => {
    const { events, sweeping } = setUp()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(events).toEqual([])
    for (let call = 0; call < 3; call += 1) await sweeping.resolve(login, { signal })
    await sweeping.close()
    expect(events.filter((event) => event.startsWith('sweep'))).toEqual([
      'sweep {"of":"lent"} with login',
    ])
  })

  it('asks for no login where nothing was left', async () => {
    const { events, sweeping } = setUp(0)
    await sweeping.resolve(lent, { signal })
    await sweeping.close()
    expect(events).toEqual(['resolve lent', 'close resolver', 'close lender'])
  })

  it('fails no call, and is tried again with one a minute later', async () => {
    const { events, world, sweeping } = setUp()
    world.failing = true
    const sweeps = () => events.filter((event) => event.startsWith('sweep')).length
    const call = async () => {
      await sweeping.resolve(login, { signal })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await call()
    // With the login of each entry that may do it.
    expect(sweeps()).toBe(2)
    await call()
    expect(sweeps()).toBe(2)
    world.now += 60_000
    world.failing = false
    await call()
    await call()
    expect(sweeps()).toBe(3)
  })

  it('says how many it ended, and why it could not', async () => {
    const { resolver, providers, world } = setUp(2)
    const sweep = () => sweepLeases({ resolver, providers }, [login, lent, other])
    world.failing = true
    const failed = await sweep()
    expect(failed.ended).toBe(0)
    expect(failed.problems.map(({ code }) => code)).toEqual(['secret_denied', 'secret_denied'])
    world.failing = false
    expect(await sweep()).toEqual({ ended: 2, problems: [] })
  })
})
