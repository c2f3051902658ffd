import { BrokerError } from '../core/errors.ts'
import type { FetchedSecret, Lease } from '../providers/provider.ts'

/** Values that are only lent: shared by calls that run at the same time, renewed while in use, given back when done. */
export interface Leases {
  /** What was lent under this key and may be used by one more call; null where there is none. */
  take(key: string): Lent | null
  /**
   * Takes charge of what was just fetched. It stands under its key, with whoever takes it in this turn of the event loop; it
   * is given back when its last user is done, but is kept for `keepMs` from `at` where that is longer.
   *
   * @param key null where nobody else may use it: a newer one has overtaken it.
   */
  adopt(key: string | null, fetched: FetchedSecret & { readonly lease: Lease }, keep: Keep): Lent
  /** No further call gets it; it is given back when its last user is done. */
  retire(key: string): void
  /** Gives everything back, also what is in use, and waits for that within a bound. */
  close(): Promise<void>
}

export interface Keep {
  /** When the fetch began, in ms since the epoch. */
  readonly at: number
  /** 0: no longer than it is in use. */
  readonly keepMs: number
}

export interface Lent {
  readonly fetched: FetchedSecret
  /** Counts one user more. The function that it gives counts it off again, once. */
  use(): () => void
}

/** How long one renewal or return may take. */
const ANSWER_MS = 5_000
/** A renewal that failed is tried again after this long. */
const RETRY_MS = 2_000
/** With less life than this left, and none to be had, it is given to no further call. */
const LEAST_LIFE_MS = 10_000
/** What `setTimeout` can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export function createLeases(options: { readonly now: () => number }): Leases {
  const { now } = options
  const current = new Map<string, Held>()
  const all = new Set<Held>()
  const returning = new Set<Promise<void>>()

  function adopt(key: string | null, fetched: FetchedSecret & { lease: Lease }, keep: Keep): Held {
    if (key !== null) retire(key)
    const held = new Held({ fetched, keep, now, giveBack })
    all.add(held)
    if (key === null) held.retire()
    else current.set(key, held)
    // Those who waited for the fetch take it in this turn; where nobody does, it goes back.
    const release = held.use()
    setImmediate(release)
    return held
  }

  function retire(key: string): void {
    const held = current.get(key)
    current.delete(key)
    held?.retire()
  }

  function giveBack(held: Held): void {
    all.delete(held)
    for (const [key, other] of current) if (other === held) current.delete(key)
    // Where it cannot be given back now, it ends by its own time, and with what it hangs on when this process ends.
    const work = held.lease.revoke(AbortSignal.timeout(ANSWER_MS)).catch(() => {})
    returning.add(work)
    void work.finally(() => returning.delete(work))
  }

  return {
    take(key) {
      const held = current.get(key)
      if (held === undefined) return null
      if (held.usable()) return held
      retire(key)
      return null
    },
    adopt,
    retire,
    async close() {
      for (const held of [...all]) held.end()
      await Promise.allSettled([...returning])
    },
  }
}

/** One lease, from its fetch to its return. */
class Held implements Lent {
  readonly fetched: FetchedSecret
  lease: Lease
  readonly #keepUntil: number
  readonly #now: () => number
  readonly #giveBack: (held: Held) => void
  #users = 0
  #retired = false
  #ended = false
  #timer: NodeJS.Timeout | null = null
  readonly #renewing = new AbortController()

  constructor(options: {
    fetched: FetchedSecret & { lease: Lease }
    keep: Keep
    now: () => number
    giveBack: (held: Held) => void
  }) {
    const { fetched, keep } = options
    this.fetched = fetched
    this.lease = fetched.lease
    this.#keepUntil = keep.at + keep.keepMs
    this.#now = options.now
    this.#giveBack = options.giveBack
    this.#plan()
  }

  /** Whether one more call may begin with it: in use or kept, and with life enough left. */
  usable(): boolean {
    if (this.#retired || this.#ended) return false
    const life = this.lease.expiresAt - this.#now()
    return life >= LEAST_LIFE_MS && (this.#users > 0 || this.#kept())
  }

  use(): () => void {
    if (this.#ended) throw new BrokerError('cancelled', 'keyhand is ending')
    this.#users += 1
    let released = false
    return () => {
      if (released) return
      released = true
      this.#users -= 1
      this.#check()
    }
  }

  retire(): void {
    this.#retired = true
    this.#check()
  }

  /** Gives it back whoever uses it. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#renewing.abort()
    this.#giveBack(this)
  }

  #kept(): boolean {
    return !this.#retired && this.#now() < this.#keepUntil
  }

  #check(): void {
    if (this.#users === 0 && !this.#kept()) this.end()
  }

  /** What comes next: its renewal, well before it ends, or the end of the time for which it is kept. */
  #plan(wait?: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#ended) return
    const life = this.lease.expiresAt - this.#now()
    // Where no more time is to be had, each renewal gives less: the last ones are left.
    const renewable = this.lease.renewable && life > RETRY_MS
    const renewIn = renewable ? (wait ?? Math.max(life / 2, RETRY_MS)) : Number.POSITIVE_INFINITY
    const keepFor = this.#kept() ? this.#keepUntil - this.#now() : Number.POSITIVE_INFINITY
    const next = Math.min(renewIn, keepFor)
    if (next === Number.POSITIVE_INFINITY) return
    const work = () => (next === renewIn ? this.#renew() : this.#checkAndPlan())
    this.#timer = setTimeout(() => void work(), Math.min(Math.ceil(next), LONGEST_TIMER_MS))
    // A lease that is kept does not keep the process.
    this.#timer.unref()
  }

  async #checkAndPlan(): Promise<void> {
    this.#check()
    this.#plan()
  }

  async #renew(): Promise<void> {
    this.#check()
    if (this.#ended) return
    let wait: number | undefined
    try {
      const bound = AbortSignal.any([AbortSignal.timeout(ANSWER_MS), this.#renewing.signal])
      this.lease = await this.lease.renew(bound)
    } catch {
      // It may be the network: its users go on, and until it ends it is tried again.
      wait = RETRY_MS
    }
    this.#plan(wait)
  }
}
