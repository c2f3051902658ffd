import type { TrailEntry } from './report.ts'

/** One file's entries, and when the file was made. */
export interface EntrySource {
  /** Ms since the epoch; nothing in it is older. */
  readonly madeAt: number
  entries(): AsyncIterable<TrailEntry>
}

/**
 * The entries of several files as one stream in the order of time, as far as each file has it. A file is opened when its
 * time has come and closed at its end: what is open at once are the processes that ran at once.
 *
 * @param sources in the order of `madeAt`.
 */
export async function* mergeEntries(sources: readonly EntrySource[]): AsyncGenerator<TrailEntry> {
  const waiting = [...sources]
  const open: { readonly iterator: AsyncIterator<TrailEntry>; entry: TrailEntry; at: number }[] = []
  try {
    for (;;) {
      const first = earliest(open)
      const next = waiting[0]
      if (next !== undefined && (first === undefined || next.madeAt <= first.at)) {
        waiting.shift()
        const iterator = next.entries()[Symbol.asyncIterator]()
        const entry = await pull(iterator)
        if (entry !== null) open.push({ iterator, entry, at: endOf(entry) })
        continue
      }
      if (first === undefined) return
      yield first.entry
      const entry = await pull(first.iterator)
      if (entry === null) open.splice(open.indexOf(first), 1)
      else Object.assign(first, { entry, at: endOf(entry) })
    }
  } finally {
    for (const { iterator } of open) await iterator.return?.()
  }
}

async function pull(iterator: AsyncIterator<TrailEntry, unknown>): Promise<TrailEntry | null> {
  const result = await iterator.next()
  return result.done === true ? null : result.value
}

function earliest<T extends { readonly at: number }>(open: readonly T[]): T | undefined {
  return open.reduce<T | undefined>(
    (best, one) => (best !== undefined && best.at <= one.at ? best : one),
    undefined,
  )
}

/** An entry stands where its last record does, since a file has them in that order. */
function endOf(entry: TrailEntry): number {
  return Date.parse(entry.records.at(-1)?.time ?? entry.time)
}
