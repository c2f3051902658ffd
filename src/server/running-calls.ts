import { BrokerError } from '../core/errors.ts'

/** The requests that are being worked on: what a shutdown waits for, and ends. */
export class RunningCalls {
  readonly #running = new Set<AbortController>()
  #waiting: (() => void)[] = []
  #connected = true

  /**
   * Runs one request with a signal of its own. It aborts when the client cancels that request, and when `abortAll` is
   * called; it does not when the connection ends, since an action under way is better finished than left unknown.
   */
  async run<T>(client: AbortSignal, perform: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const cancel = () => {
      if (this.#connected) controller.abort(cancelled('the client cancelled the call'))
    }
    if (client.aborted) cancel()
    client.addEventListener('abort', cancel, { once: true })
    this.#running.add(controller)
    try {
      return await perform(controller.signal)
    } finally {
      client.removeEventListener('abort', cancel)
      this.#running.delete(controller)
      if (this.#running.size === 0) this.#wake()
    }
  }

  /** From here on an aborted request says that the connection ended, not that the client cancelled it. */
  disconnected(): void {
    this.#connected = false
  }

  /** Resolves when nothing runs, or after that many ms. */
  async idle(withinMs: number): Promise<void> {
    if (this.#running.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Aborts everything that runs, and lets those go that wait for it to end by itself. */
  abortAll(): void {
    for (const controller of this.#running) controller.abort(cancelled('keyhand is stopping'))
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

function cancelled(why: string): BrokerError {
  return new BrokerError('cancelled', why)
}
