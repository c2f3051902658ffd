import { setTimeout } from 'node:timers/promises'
import type { Head, Heads } from '../../state/state-port.ts'

/** How long a head waits for newer ones, in ms: calls in a row share a write, and none waits for it on its way to its upstream. */
const WAIT_MS = 5

/**
 * Keeps the newest head in state.db, behind the records that it follows: nobody waits for it. A head that could not be
 * stored is stored with the next one. An older head there is harmless (it still names a record of the file), and
 * without state.db no call gets this far.
 */
export class HeadKeeper {
  readonly #heads: Heads
  #newest: Head | null = null
  #running: Promise<void> | null = null

  constructor(heads: Heads) {
    this.#heads = heads
  }

  keep(head: Head): void {
    this.#newest = head
    this.#running ??= this.#run()
  }

  /** Waits until the newest is stored, or could not be, once more. */
  async settled(): Promise<void> {
    await this.#running
    if (this.#newest !== null) this.#running ??= this.#run()
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#newest !== null) {
      await setTimeout(WAIT_MS)
      const head = this.#newest
      this.#newest = null
      try {
        await this.#heads.put(head)
      } catch {
        // Kept for the next time, unless a newer one came meanwhile.
        this.#newest ??= head
        break
      }
    }
    this.#running = null
  }
}
