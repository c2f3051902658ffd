import type { SecretEntry } from '../core/snapshot.ts'
import type { FetchedSecret } from '../providers/provider.ts'

/** A value that is in use is fetched anew between these parts of its time, so that no call waits for it. */
const REFRESH_FROM = 0.75
const REFRESH_TO = 0.9
/** A refresh that failed is tried again after this part of what is left, but not sooner than this, in ms. */
const RETRY_PART = 0.5
const LEAST_RETRY_MS = 1_000

/** Values in memory, each for its time and no longer. */
export interface ValueCache {
  /** What may be used without asking; null where there is nothing, or its time is over. */
  young(key: string, entry: SecretEntry): FetchedSecret | null
  /** What may be used because its provider cannot be reached; null where the catalog does not allow that, or not any more. */
  stale(key: string, entry: SecretEntry): FetchedSecret | null
  /**
   * @param at when its fetch began.
   * @param refresh fetches it anew, and keeps what that brings; asked for before its time is over where it was used meanwhile.
   */
  keep(key: string, entry: SecretEntry, fetched: FetchedSecret, at: number, refresh: Refresh): void
  forget(key: string): void
  clear(): void
}

type Refresh = () => Promise<unknown>

interface Kept {
  readonly fetched: FetchedSecret
  readonly at: number
  used: boolean
  readonly timers: { drop: NodeJS.Timeout; refresh: NodeJS.Timeout | null }
}

export function createValueCache(options: {
  readonly now: () => number
  /** From 0 to 1. */
  readonly random: () => number
}): ValueCache {
  const { now, random } = options
  const all = new Map<string, Kept>()

  function forget(key: string): void {
    const kept = all.get(key)
    if (kept === undefined) return
    all.delete(key)
    clearTimeout(kept.timers.drop)
    if (kept.timers.refresh !== null) clearTimeout(kept.timers.refresh)
  }

  // The catalog may have shortened its time since; a clock that went back makes nothing younger.
  function within(key: string, ms: number): Kept | null {
    const kept = all.get(key)
    return kept !== undefined && now() >= kept.at && now() < kept.at + ms ? kept : null
  }

  function plan(key: string, kept: Kept, endsAt: number, refresh: Refresh, waitMs: number): void {
    const timer = setTimeout(() => {
      // Nobody used it since it came: whoever comes next may wait once.
      if (all.get(key) !== kept || !kept.used) return
      refresh().catch(() => {
        const left = endsAt - now()
        if (all.get(key) !== kept || left <= LEAST_RETRY_MS) return
        plan(key, kept, endsAt, refresh, Math.max(left * RETRY_PART, LEAST_RETRY_MS))
      })
    }, waitMs)
    timer.unref()
    kept.timers.refresh = timer
  }

  return {
    young(key, entry) {
      const kept = within(key, entry.cacheMs)
      if (kept !== null) kept.used = true
      return kept?.fetched ?? null
    },
    stale(key, entry) {
      return entry.staleIfErrorMs === 0
        ? null
        : (within(key, entry.cacheMs + entry.staleIfErrorMs)?.fetched ?? null)
    },
    keep(key, entry, fetched, at, refresh) {
      forget(key)
      const livesMs = entry.cacheMs + entry.staleIfErrorMs
      if (livesMs === 0) return
      const drop = setTimeout(() => forget(key), Math.max(at + livesMs - now(), 0))
      drop.unref()
      const kept: Kept = { fetched, at, used: false, timers: { drop, refresh: null } }
      all.set(key, kept)
      if (entry.cacheMs === 0) return
      const part = REFRESH_FROM + (REFRESH_TO - REFRESH_FROM) * random()
      const wait = Math.max(at + entry.cacheMs * part - now(), 0)
      plan(key, kept, at + entry.cacheMs, refresh, wait)
    },
    forget,
    clear() {
      for (const key of [...all.keys()]) forget(key)
    },
  }
}
