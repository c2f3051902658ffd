import { type Limit, windowMs } from '../core/rule.ts'
import type { Database, Transaction } from './database.ts'
import type { Counters } from './state-port.ts'

/** What processes' clocks may differ by, or be read in another order than the lock is taken. */
const SKEW_MS = 60_000

/**
 * Sliding windows, exactly: the time of each attempt is kept until its window has passed. Limits of one key with the same window
 * share their attempts, so that changing a limit's count resets nothing.
 *
 * A clock that goes back gives no new room: attempts that then lie in the future still count. Where they lie far ahead
 * (the clock was wrong for a while) they count as made now, so that a limit is not used up for years.
 */
export function createCounters(database: Database): Counters {
  return {
    take: (uses, now) =>
      database.write((transaction) => {
        const counters = new Set<number>()
        let refusal: { limit: Limit; retryAfterMs: number } | null = null
        for (const { key, limit } of uses) {
          const counter = counterOf(transaction, key, windowMs(limit.window))
          counters.add(counter)
          const retryAfterMs = wait(transaction, counter, limit, now)
          if (retryAfterMs > (refusal?.retryAfterMs ?? 0)) refusal = { limit, retryAfterMs }
        }
        if (refusal !== null) return refusal
        for (const counter of counters) {
          transaction.run('INSERT INTO attempts (counter, at) VALUES (?, ?)', counter, now)
        }
        return null
      }),
  }
}

function counterOf(transaction: Transaction, key: string, window: number): number {
  const find = 'SELECT id FROM counters WHERE key = ? AND window_ms = ?'
  let row = transaction.get(find, key, window)
  if (row === undefined) {
    transaction.run('INSERT INTO counters (key, window_ms) VALUES (?, ?)', key, window)
    row = transaction.get(find, key, window)
  }
  return Number(row?.['id'])
}

/** Ms until there is room; 0 where there is. */
function wait(transaction: Transaction, counter: number, limit: Limit, now: number): number {
  const window = windowMs(limit.window)
  transaction.run('DELETE FROM attempts WHERE counter = ? AND at <= ?', counter, now - window)
  transaction.run(
    'UPDATE attempts SET at = ? WHERE counter = ? AND at > ?',
    now,
    counter,
    now + SKEW_MS,
  )
  if (limit.count < 1) return window
  // There is room as soon as the count-th newest attempt leaves the window.
  const row = transaction.get(
    'SELECT at FROM attempts WHERE counter = ? ORDER BY at DESC LIMIT 1 OFFSET ?',
    counter,
    limit.count - 1,
  )
  return row === undefined ? 0 : Number(row['at']) + window - now
}
