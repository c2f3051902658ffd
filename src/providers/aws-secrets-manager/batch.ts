import { setImmediate } from 'node:timers'
import type { ErrorCode } from '../../core/errors.ts'
import { failureCode } from '../aws-client/failure.ts'
import type { AwsValue } from './client.ts'

export interface BatchOptions {
  one(id: string, signal: AbortSignal): Promise<AwsValue>
  /** Those that could be had; at most 20 are asked for. */
  many(ids: readonly string[], signal: AbortSignal): Promise<readonly AwsValue[]>
}

interface Waiting {
  readonly id: string
  readonly signal: AbortSignal
  readonly resolve: (value: Promise<AwsValue>) => void
}

/** What BatchGetSecretValue takes. */
const MOST = 20

/** Where these are what is wrong, asking for each alone would only ask more. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'secret_throttled',
  'secret_unreachable',
  'secret_timeout',
  'secret_not_logged_in',
  'cancelled',
])

/**
 * Asks for what is wanted within one tick with one request. What that does not give (it is not there, denied, or named by a
 * part of its ARN) is asked for alone, so that each has its own error. A login that may not use BatchGetSecretValue is not
 * asked to again.
 */
export function createBatch({
  one,
  many,
}: BatchOptions): (id: string, signal: AbortSignal) => Promise<AwsValue> {
  let waiting: Waiting[] = []
  let mayBatch = true

  function flush(): void {
    const all = waiting.filter(({ signal }) => !signal.aborted)
    waiting = []
    const byId = Map.groupBy(all, ({ id }) => id)
    const ids = [...byId.keys()]
    for (let i = 0; i < ids.length; i += MOST) {
      const chunk = ids.slice(i, i + MOST)
      const wanted = chunk.flatMap((id) => byId.get(id) ?? [])
      const found = mayBatch && chunk.length > 1 ? together(chunk, whileWanted(wanted)) : null
      for (const id of chunk) {
        const these = byId.get(id) ?? []
        const value = valueFor(id, found, whileWanted(these))
        for (const { resolve } of these) resolve(value)
      }
    }
  }

  async function together(
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly AwsValue[]> {
    try {
      return await many(ids, signal)
    } catch (thrown) {
      const code = signal.aborted ? 'cancelled' : failureCode(thrown)
      if (HOPELESS.has(code)) throw thrown
      if (code === 'secret_denied') mayBatch = false
      return []
    }
  }

  async function valueFor(
    id: string,
    found: Promise<readonly AwsValue[]> | null,
    signal: AbortSignal,
  ): Promise<AwsValue> {
    const values = found === null ? [] : await found
    return values.find(({ ARN, Name }) => ARN === id || Name === id) ?? one(id, signal)
  }

  return async (id, signal) => {
    const { promise, resolve } = Promise.withResolvers<AwsValue>()
    waiting.push({ id, signal, resolve })
    if (waiting.length === 1) setImmediate(flush)
    return promise
  }
}

/** Aborts when nobody wants it any more. */
function whileWanted(waiting: readonly Waiting[]): AbortSignal {
  const controller = new AbortController()
  let wanted = waiting.length
  for (const { signal } of waiting) {
    const onAbort = () => {
      wanted -= 1
      if (wanted === 0) controller.abort()
    }
    signal.addEventListener('abort', onAbort, { once: true })
  }
  return controller.signal
}
