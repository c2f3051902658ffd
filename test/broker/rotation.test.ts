import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BrokerError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { FetchContext, FetchedSecret } from '../../src/providers/provider.ts'
import { type BrokerWorld, brokerWorld, CATALOG, done } from '../support/broker-world.ts'

const READ = { verb: 'read' }
const MINUTE = 60_000

/** A fake store that knows the current version of the key and the one before, and an upstream that takes some of them. */
async function rotatingWorld(fields = 'cache: 5m, rotation: overlap, grace: 10m') {
  const versions: { readonly value: string; readonly createdAt: number }[] = []
  const asked: FetchContext['version'][] = []
  const world = await brokerWorld({
    provider: {
      async fetch(_, { name, version }): Promise<FetchedSecret | null> {
        asked.push(version)
        const at = versions.length - (version === 'previous' ? 2 : 1)
        const found = versions[at]
        if (found === undefined) return null
        return {
          fields: new Map([['value', new Secret(name, found.value)]]),
          version: String(at + 1),
          createdAt: found.createdAt,
          lease: null,
        }
      },
    },
  })
  await world.writeCatalog(
    CATALOG.replace('key: { provider: memory }', `key: { provider: memory, ${fields} }`),
  )
  const taken = new Set<string>()
  world.perform = async (_, call) =>
    taken.has(call.secrets.get('key').reveal())
      ? done({ in: true })
      : { ...done({ in: false }, 401), kind: 'credential_rejected' }
  return {
    world,
    taken,
    asked,
    /** Puts a new version into the store. */
    rotate(): string {
      const value = `kh-rotated-${versions.length + 1}-q8Xw2LmZ`
      versions.push({ value, createdAt: world.clock })
      return value
    },
    async status() {
      const answer = await world.call('api', READ)
      return answer.kind === 'performed' ? answer.result.status : answer.kind
    },
  }
}

const outcomes = async (world: BrokerWorld) =>
  (await world.records())
    .filter(({ kind }) => kind === 'outcome')
    .map(({ attempt, status, reason, secrets }) => [attempt, status, reason, secrets?.[0]?.version])

describe('a new version that the upstream does not take yet', () => {
  it('gives way to the one before it, and the record says which version worked', async () => {
    const { world, taken, rotate, status } = await rotatingWorld()
    taken.add(rotate())
    rotate()
    expect(await status()).toBe(200)
    expect(await outcomes(world)).toEqual([
      [1, 401, 'credential_rejected', '2'],
      [2, 200, undefined, '1'],
    ])
  })

  it('is fetched anew first where it was kept', async () => {
    const { world, taken, rotate, status } = await rotatingWorld()
    taken.add(rotate())
    expect(await status()).toBe(200)
    taken.clear()
    taken.add(rotate())
    rotate()
    expect(await status()).toBe(200)
    expect((await outcomes(world)).slice(1)).toEqual([
      [1, 401, 'credential_rejected', '1'],
      [2, 401, 'credential_rejected_again', '3'],
      [3, 200, undefined, '2'],
    ])
  })

  it('is not asked for on each call: what was kept goes on to work', async () => {
    const { taken, rotate, status, asked } = await rotatingWorld()
    taken.add(rotate())
    rotate()
    for (let call = 0; call < 20; call += 1) expect(await status()).toBe(200)
    expect(asked.length).toBeLessThan(5)
  })

  it('is refused once its grace is over: a refusal alone never brings an old value back', async () => {
    const { world, taken, rotate, status, asked } = await rotatingWorld()
    taken.add(rotate())
    rotate()
    world.clock += 10 * MINUTE
    expect(await status()).toBe(401)
    expect(asked).toEqual(['current'])
  })

  it.each([
    ['without `rotation: overlap`', 'cache: 5m'],
    ['without a cache either', 'cache: 0'],
  ])('is refused %s', async (_, fields) => {
    const { taken, rotate, status, asked } = await rotatingWorld(fields)
    taken.add(rotate())
    rotate()
    expect(await status()).toBe(401)
    expect(asked).not.toContain('previous')
  })

  it('is refused where there is none before it, with what the upstream said', async () => {
    const { world, rotate, status } = await rotatingWorld()
    rotate()
    expect(await status()).toBe(401)
    const [, second] = (await world.records()).filter(({ kind }) => kind === 'outcome')
    expect(second).toMatchObject({ error: { code: 'secret_not_found' }, status: 401 })
  })

  it('never brings back more than the one before it', async () => {
    const { taken, rotate, status } = await rotatingWorld()
    taken.add(rotate())
    rotate()
    rotate()
    expect(await status()).toBe(401)
  })
})

describe('an agent that repeats a refused call', () => {
  it('does not make keyhand ask the provider each time', async () => {
    const { rotate, status, asked, taken } = await rotatingWorld('cache: 5m')
    taken.add(rotate())
    await status()
    taken.clear()
    for (let call = 0; call < 20; call += 1) expect(await status()).toBe(401)
    expect(asked.length).toBe(2)
  })
})

describe('1,000 calls over a key that is rotated every 50', () => {
  /**
   * @param lives for how many calls after a rotation the upstream still takes the old one; it learns of the new one halfway.
   * @param late how many calls after the upstream the store learns of the new one.
   */
  async function failures({ lives = 0, late = 0, calls = 1_000 }): Promise<number> {
    const fields = lives > 0 ? 'cache: 5m, rotation: overlap, grace: 10m' : 'cache: 5m'
    const { world, taken, rotate, status } = await rotatingWorld(fields)
    let last = rotate()
    taken.add(last)
    let failed = 0
    for (let call = 1; call <= calls; call += 1) {
      const since = call % 50
      if (lives === 0 && since === 0) taken.clear()
      if (since === late) last = rotate()
      if (since === Math.max(late, lives / 2)) taken.add(last)
      if (lives > 0 && since === lives) {
        taken.clear()
        taken.add(last)
      }
      if ((await status()) !== 200) failed += 1
      world.clock += 1_000
    }
    return failed
  }

  it('fails none where the old one lives on for a while', async () => {
    expect(await failures({ lives: 10 })).toBe(0)
  })

  it('fails none where the old one dies at once, since a refusal fetches anew', async () => {
    expect(await failures({})).toBe(0)
  })

  it('fails those for which there is no right value anywhere: between the upstream and a store that is late', async () => {
    expect(await failures({ late: 3, calls: 199 })).toBe(3 * 3)
  })
})

describe('a value whose time is over', () => {
  it('is used where its provider is down and the catalog allows it, and the record names it', async () => {
    let down = false
    const world = await brokerWorld({
      provider: {
        async fetch(_, { name }) {
          if (down) throw new BrokerError('secret_unreachable', 'nobody answers')
          const fields = new Map([['value', new Secret(name, 'kh-stale-91aXqL0m')]])
          return { fields, version: '1', createdAt: null, lease: null }
        },
      },
    })
    await world.writeCatalog(
      CATALOG.replace(
        'key: { provider: memory }',
        'key: { provider: memory, cache: 1m, stale_if_error: 1h }',
      ),
    )
    await world.call('api', READ)
    down = true
    world.clock += 30 * MINUTE
    expect(await world.call('api', READ)).toMatchObject({ kind: 'performed' })
    world.clock += 60 * MINUTE
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'failed',
      error: { code: 'secret_unreachable', message: 'nobody answers' },
    })
    const stale = (await world.records())
      .filter(({ kind }) => kind === 'outcome')
      .map((one) => one.stale)
    expect(stale).toEqual([undefined, ['key'], undefined])
  })
})

describe('what a provider logs in with', () => {
  const loginOf = (reference: unknown) => (reference as { login?: string }).login

  it('is named by the intent, and by the outcome where it was used', async () => {
    const world = await brokerWorld({
      provider: {
        reference: z.strictObject({ login: z.string().optional() }),
        needs: (reference) => (loginOf(reference) === undefined ? [] : ['other']),
        async fetch(reference, context) {
          const login = loginOf(reference)
          const value =
            login === undefined
              ? 'kh-role-77aXqL0m'
              : `kh-${(await context.secret(login)).reveal()}`
          const fields = new Map([['value', new Secret(context.name, value)]])
          return { fields, version: '1', createdAt: null, lease: null }
        },
      },
    })
    await world.writeCatalog(
      `providers: { east: { type: memory, login: other } }\n${CATALOG.replace('key: { provider: memory }', 'key: { provider: east }')}`,
    )
    world.perform = async (_, call) =>
      done(call.redaction.json({ echo: call.secrets.get('key').reveal() }))
    const answer = await world.call('api', READ)
    expect(JSON.stringify(answer)).not.toContain('77aXqL0m')
    const [intent, outcome] = (await world.records()).filter(
      ({ kind }) => kind !== 'open' && kind !== 'config',
    )
    const names = [
      { name: 'key', provider: 'memory', instance: 'east' },
      { name: 'other', provider: 'memory' },
    ]
    expect(intent?.secrets).toEqual(names.map((one) => ({ ...one, version: null })))
    expect(outcome?.secrets).toEqual(names.map((one) => ({ ...one, version: '1' })))
  })
})

describe('a place that does not answer', () => {
  it('slows no call that does not need it', async () => {
    const world = await brokerWorld({
      provider: {
        async fetch(_, { name }) {
          if (name === 'other') return new Promise<never>(() => {})
          const fields = new Map([['value', new Secret(name, 'kh-here-91aXqL0m')]])
          return { fields, version: '1', createdAt: null, lease: null }
        },
      },
    })
    await world.writeCatalog(
      CATALOG.replace('other: { provider: memory }', 'other: { provider: memory, watch: always }'),
    )
    await world.writeScope(
      'agent: tester\ntools:\n  api: { allow: [{ verbs: [read] }] }\n  spare: { allow: [{ verbs: [read] }] }\n',
    )
    const began = performance.now()
    expect(await world.call('api', READ)).toMatchObject({ kind: 'performed' })
    expect(performance.now() - began).toBeLessThan(5_000)
    const again = performance.now()
    expect(await world.call('api', READ)).toMatchObject({ kind: 'performed' })
    expect(performance.now() - again).toBeLessThan(1_000)
    const unwatched = (await world.records())
      .filter(({ kind }) => kind === 'outcome')
      .map((one) => one.unwatched)
    expect(unwatched).toEqual([['other'], undefined])
  })
})
