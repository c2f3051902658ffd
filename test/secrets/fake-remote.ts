import { z } from 'zod'
import { BrokerError, type ErrorCode } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { SecretEntry } from '../../src/core/snapshot.ts'
import type {
  FetchContext,
  FetchedSecret,
  PlacedProvider,
  SecretProvider,
} from '../../src/providers/provider.ts'
import type { MemoryNotes } from '../../src/secrets/memory-notes.ts'
import { createResolver } from '../../src/secrets/resolver.ts'
import { secretEntry } from '../support/secret-entry.ts'

/** A fake remote store, and a resolver on it. Time is that of vitest's fake timers. */
export function fakeRemote(options: { readonly notes?: MemoryNotes } = {}) {
  const signal = new AbortController().signal
  const asked: { readonly name: string; readonly at: number; readonly version: string }[] = []
  const registered: string[] = []
  const generations = new Map<string, number>()
  const world = {
    /** What it does; answers `v1`, `v2` … by the number of times that it was asked. */
    answer: null as ((context: FetchContext) => Promise<FetchedSecret | null>) | null,
    asked,
    registered,
    generations,
    signal,
    entry: (more: Partial<SecretEntry> = {}) =>
      secretEntry({ name: 'key', provider: 'remote', cacheMs: 300_000, ...more }),
    async value(
      entry: SecretEntry,
      options: { signal?: AbortSignal; fresh?: boolean; version?: 'previous' } = {},
    ): Promise<string> {
      const one = await resolver.resolve(entry, { signal, ...options })
      const word = one.stale ? ' stale' : one.cached ? ' cached' : ''
      return `${one.fields.get('value')?.reveal()}${word}`
    },
    resolve: (entry: SecretEntry) => resolver.resolve(entry, { signal }),
    close: () => resolver.close(),
  }
  const remote: PlacedProvider = {
    type: 'remote',
    description: 'a fake remote store',
    reference: z.unknown(),
    defaults: { watch: 'used', cacheMs: 300_000 },
    store: null,
    needs: () => [],
    place: (reference) => JSON.stringify(reference),
    async fetch(_, context) {
      asked.push({ name: context.name, at: Date.now(), version: context.version })
      return world.answer === null ? oneValue(`v${asked.length}`) : world.answer(context)
    },
  }
  const local: SecretProvider = {
    ...remote,
    type: 'local',
    description: 'a fake local store',
    defaults: { watch: 'always', cacheMs: 0 },
    fetch: async (_, { name }) => oneValue(`${name} of the local store`),
  }
  const resolver = createResolver({
    providers: new Map([
      ['remote', remote],
      ['local', local],
    ]),
    now: () => Date.now(),
    random: () => 0.5,
    onFetched: (secret) => registered.push(secret.reveal()),
    generation: async (name) => generations.get(name) ?? 0,
    ...options,
  })
  return world
}

export function oneValue(value: string, more: Partial<FetchedSecret> = {}): FetchedSecret {
  const fields = new Map([['value', new Secret('key', value)]])
  return { fields, version: value, createdAt: null, lease: null, ...more }
}

export async function fails(code: ErrorCode, retryAfterMs?: number): Promise<never> {
  throw new BrokerError(code, `the fake says ${code}`, {
    fix: 'wait',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** A place that never answers, and does not even look at its signal. */
export function silence(): Promise<never> {
  return new Promise(() => {})
}
