import { BrokerError } from '../core/errors.ts'

/** One piece of work that several callers wait for. */
export interface Flight<T> {
  readonly result: Promise<T>
  /** Whether it began as a refresh. */
  fresh: boolean
  /** True once it was aborted because nobody waited any more. */
  readonly abandoned: boolean
  /** The result, or `cancelled` for this caller alone. Where the last caller leaves, the work is aborted. */
  join(signal: AbortSignal): Promise<T>
}

/** Starts work that ends, whatever it does, within its time: `secret_timeout`, which is then the reason of its signal. */
export function startFlight<T>(
  work: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
): Flight<T> {
  const controller = new AbortController()
  const { promise: result, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => {
    const error = new BrokerError(
      'secret_timeout',
      `the secret could not be fetched within ${timeoutMs / 1000} s`,
      {
        fix: 'Check that its provider answers: `keyhand secret check NAME`.',
      },
    )
    reject(error)
    controller.abort(error)
  }, timeoutMs)
  let done = false
  const settled = () => {
    done = true
    clearTimeout(timer)
  }
  // Started in a microtask, so that whoever starts it has it in hand before it can end.
  Promise.resolve()
    .then(() => work(controller.signal))
    .then(resolve, reject)
  result.then(settled, settled)
  let waiting = 0

  return {
    result,
    fresh: false,
    get abandoned() {
      return controller.signal.aborted
    },
    async join(signal) {
      waiting += 1
      const left = Promise.withResolvers<never>()
      const onAbort = () => left.reject(new BrokerError('cancelled', 'the call was cancelled'))
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        return await Promise.race([result, left.promise])
      } finally {
        signal.removeEventListener('abort', onAbort)
        waiting -= 1
        if (waiting === 0 && !done) controller.abort()
      }
    },
  }
}
