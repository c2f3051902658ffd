import { mock } from 'node:test'
import * as z from 'zod'
import { Secret } from '../src/core/secret.ts'
import type { SecretEntry } from '../src/core/snapshot.ts'
import type { SecretProvider } from '../src/providers/provider.ts'
import { createResolver } from '../src/secrets/resolver.ts'
import type { Row } from './table.ts'

/** `npm run bench -- fetching`: what the cache spares a backend, over five minutes of simulated time. */
const CALLS = 1_000
const EVERY_MS = 300
/** Of the questions without a cache, what may be left with one. */
const TARGET = 0.2

interface Asked {
  /** How often the backend was asked. */
  readonly questions: number
  /** How many calls waited for an answer of it. */
  readonly waits: number
}

export async function fetching(): Promise<Row[]> {
  const without = await ask(0)
  const [short, usual] = [await ask(30_000), await ask(300_000)]
  const row = (cache: string, { questions }: Asked): Row => ({
    what: `questions to the backend, ${CALLS} calls in 5 min, cache ${cache}`,
    unit: '',
    keyhand: questions,
    baseline: without.questions,
    target: TARGET,
  })
  return [
    row('30s', short),
    row('5m', usual),
    {
      what: 'calls that waited for the backend, cache 30s',
      unit: '',
      keyhand: short.waits,
      baseline: without.waits,
      target: null,
    },
  ]
}

async function ask(cacheMs: number): Promise<Asked> {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
  try {
    let questions = 0
    let waits = 0
    const backend: SecretProvider = {
      type: 'backend',
      description: 'a fake remote store',
      reference: z.unknown(),
      defaults: { watch: 'used', cacheMs: 300_000 },
      store: null,
      needs: () => [],
      async fetch(_, { name }) {
        questions += 1
        const fields = new Map([['value', new Secret(name, 'a value of the benchmark')]])
        return { fields, version: '1', createdAt: null, lease: null }
      },
    }
    const resolver = createResolver({
      providers: new Map([[backend.type, backend]]),
      now: () => Date.now(),
      onFetched: () => {},
    })
    const signal = new AbortController().signal
    for (let call = 0; call < CALLS; call += 1) {
      const { cached } = await resolver.resolve(entryOf(backend.type, cacheMs), { signal })
      if (!cached) waits += 1
      mock.timers.tick(EVERY_MS)
      // What a refresh in the background brings is there before the next call.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await resolver.close()
    return { questions, waits }
  } finally {
    mock.timers.reset()
  }
}

function entryOf(provider: string, cacheMs: number): SecretEntry {
  return {
    name: 'key',
    provider,
    instance: provider,
    reference: {},
    cacheMs,
    staleIfErrorMs: 0,
    timeoutMs: null,
    overlapMs: null,
    tags: {},
    needs: [],
    watch: 'used',
    redact: 'full',
    position: { file: 'keyhand.yaml', line: 1, column: 1 },
  }
}
