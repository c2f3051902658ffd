import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrokerError, type ErrorCode } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import {
  contextAlone,
  type FetchContext,
  type SecretProvider,
  VALUE_FIELD,
} from '../../src/providers/provider.ts'

/** A value that no message, error or print may contain. */
export const CANARY = 'canary-J7qX2mVw9LpTz4'

/** A place with something in it. */
export interface ProviderSetup<Reference> {
  readonly provider: SecretProvider<Reference>
  /** Names a secret whose one value is `CANARY`. */
  readonly present: Reference
  /** Names nothing, in the same place. */
  readonly absent: Reference
  /** Names something in the same place that may be written; null where the provider is read only. */
  readonly writable: Reference | null
  /** Whether the place keeps versions. */
  readonly versions: boolean
  stop(): Promise<void>
}

/** A place that does not give the value, and what it must throw. */
export interface ProviderFailure<Reference> {
  readonly code: ErrorCode
  readonly message: RegExp
  setup(): Promise<{
    readonly provider: SecretProvider<Reference>
    readonly reference: Reference
    stop?(): Promise<void>
  }>
}

export function contextOf(name = 'api_key', signal = new AbortController().signal): FetchContext {
  return contextAlone(name, signal)
}

/** What was thrown, which must be an error of ours. */
export async function thrownBy(work: Promise<unknown>): Promise<BrokerError> {
  try {
    await work
  } catch (thrown) {
    if (thrown instanceof BrokerError) return thrown
    throw thrown
  }
  throw new Error('it did not throw')
}

/** Every text that a person or a program could make of an error. */
export function everyTextOf(error: BrokerError): string {
  return [
    error.message,
    error.fix,
    error.stack,
    inspect(error, { depth: 9, showHidden: true }),
  ].join('\n')
}

/** The contract of the port, which every provider keeps. */
export function describeSecretProvider<Reference>(
  name: string,
  {
    store,
    setup,
    failures = {},
  }: {
    /** Whether keyhand may write to it. */
    readonly store: boolean
    readonly setup: () => Promise<ProviderSetup<Reference>>
    readonly failures?: Readonly<Record<string, ProviderFailure<Reference>>>
  },
): void {
  describe(`${name}, by the contract of providers`, () => {
    let place: ProviderSetup<Reference>
    beforeAll(async () => {
      place = await setup()
    })
    afterAll(async () => {
      await place.stop()
    })

    it('has a type, a description and defaults', () => {
      expect(place.provider.type).toMatch(/^[a-z0-9][a-z0-9-]*$/)
      expect(place.provider.description).not.toBe('')
      expect(place.provider.defaults.cacheMs).toBeGreaterThanOrEqual(0)
    })

    it('refuses keys in a reference that it does not know', () => {
      const { success } = place.provider.reference.safeParse({ ...place.present, no_such_key: 1 })
      expect(success).toBe(false)
    })

    it('gives what the reference names, under the name of the catalog', async () => {
      const fetched = await place.provider.fetch(place.present, contextOf('name_in_catalog'))
      const secret = fetched?.fields.get(VALUE_FIELD)
      expect(secret?.reveal()).toBe(CANARY)
      expect(secret?.name).toBe('name_in_catalog')
      expect([...(fetched?.fields.keys() ?? [])]).toEqual([VALUE_FIELD])
      if (place.versions) expect(fetched?.version).toMatch(/./)
    })

    it('gives a value that does not print', async () => {
      const fetched = await place.provider.fetch(place.present, contextOf())
      const prints = [inspect(fetched, { depth: 9, showHidden: true }), JSON.stringify(fetched)]
      for (const secret of fetched?.fields.values() ?? []) {
        // biome-ignore lint/style/useTemplate: each is another way to print
        prints.push(String(secret), '' + `${secret.toString()}`, JSON.stringify({ secret }))
      }
      expect(prints.join('\n')).not.toContain(CANARY)
    })

    it('gives null where the reference names nothing', async () => {
      await expect(place.provider.fetch(place.absent, contextOf('not_there'))).resolves.toBeNull()
    })

    it('gives the same to many at once', async () => {
      const all = await Promise.all(
        Array.from({ length: 8 }, () => place.provider.fetch(place.present, contextOf())),
      )
      expect(all.map((one) => one?.fields.get(VALUE_FIELD)?.reveal())).toEqual(
        Array(8).fill(CANARY),
      )
    })

    it('throws, and asks nobody, where the call is over already', async () => {
      const error = await thrownBy(
        place.provider.fetch(place.present, contextOf('api_key', AbortSignal.abort())),
      )
      expect(error.code).toBe('cancelled')
    })

    it('has a store where it can be written, and only there', () => {
      expect(place.provider.store !== null).toBe(store)
      expect(place.writable !== null).toBe(store)
    })

    if (store)
      it('writes, reads back, and removes once', async () => {
        const { provider, writable } = place
        if (writable === null || provider.store === null) throw new Error('no store')
        const context = contextOf('written')
        const version = await provider.store.put(
          writable,
          new Secret('written', `${CANARY}-1`),
          context,
        )
        const first = await provider.fetch(writable, context)
        expect(first?.fields.get(VALUE_FIELD)?.reveal()).toBe(`${CANARY}-1`)
        expect(first?.version).toBe(version)

        await provider.store.put(writable, new Secret('written', `${CANARY}-2 ü €`), context)
        const second = await provider.fetch(writable, context)
        expect(second?.fields.get(VALUE_FIELD)?.reveal()).toBe(`${CANARY}-2 ü €`)

        expect(await provider.store.remove(writable, context)).toBe(true)
        expect(await provider.store.remove(writable, context)).toBe(false)
        await expect(provider.fetch(writable, context)).resolves.toBeNull()
      })

    if (store)
      it('does not overwrite a version that it was not told of', async () => {
        const { provider, writable } = place
        if (writable === null || provider.store === null) throw new Error('no store')
        const context = contextOf('written')
        await provider.store.put(writable, new Secret('written', 'the first'), context)
        const error = await thrownBy(
          provider.store.put(writable, new Secret('written', CANARY), context, 'another version'),
        )
        expect(error.code).toBe('secret_conflict')
        expect(everyTextOf(error)).not.toContain(CANARY)
        const kept = await provider.fetch(writable, context)
        expect(kept?.fields.get(VALUE_FIELD)?.reveal()).toBe('the first')
        await provider.store.remove(writable, context)
      })

    for (const [what, failure] of Object.entries(failures)) {
      it(`throws ${failure.code}, never null, where ${what}`, async () => {
        const { provider, reference, stop } = await failure.setup()
        try {
          const error = await thrownBy(provider.fetch(reference, contextOf()))
          expect(error.code).toBe(failure.code)
          expect(error.message).toMatch(failure.message)
          expect(error.fix).toMatch(/\.$/)
          expect(error.cause).toBeUndefined()
          expect(everyTextOf(error)).not.toContain(CANARY)
        } finally {
          await stop?.()
        }
      })
    }
  })
}
