import { createHash } from 'node:crypto'
import { canonicalJson } from '../core/canonical-json.ts'
import type { SecretEntry } from '../core/snapshot.ts'

/** Told of what is in memory, by name and time alone, so that another process can say it. Never throws, and nobody waits for it. */
export interface MemoryNotes {
  kept(entry: SecretEntry, fetched: KeptNote): void
  /** It is used no more, before its time. */
  forgotten(entry: SecretEntry): void
}

/** Times in ms since the epoch. */
export interface KeptNote {
  readonly generation: number
  readonly at: number
  /** Until when it is used without asking again; `at` where it is not kept. */
  readonly endsAt: number
  /** When its version was made; null where the provider does not say. */
  readonly createdAt: number | null
}

/** Where the notes go: `CachedSecrets` of state/state-port.ts has this shape. */
interface NoteStore {
  note(key: SecretKey, fetched: KeptNote): Promise<void>
  drop(key: SecretKey, now: number): Promise<void>
}

interface SecretKey {
  readonly secret: string
  readonly reference: string
}

/** Notes of this process. What is fetched for each call, and kept by none, is noted once for each version. */
export function createMemoryNotes(options: {
  readonly store: NoteStore
  /** What the store calls the secret. */
  readonly keyOf: (name: string) => string
  readonly now: () => number
}): MemoryNotes {
  const { store, keyOf, now } = options
  const last = new Map<string, KeptNote>()
  let writing: Promise<void> = Promise.resolve()
  // One after the other, so that what came last is what stands there.
  const write = (work: () => Promise<void>) => {
    writing = writing.then(work).catch(() => {})
  }
  // Calls ask for the same entry again and again.
  const known = new WeakMap<SecretEntry, { key: SecretKey; id: string }>()
  const keyAndId = (entry: SecretEntry) => {
    const before = known.get(entry)
    if (before !== undefined) return before
    const key = { secret: keyOf(entry.name), reference: referenceDigest(entry) }
    const found = { key, id: `${key.secret} ${key.reference}` }
    known.set(entry, found)
    return found
  }
  return {
    kept(entry, fetched) {
      const { key, id } = keyAndId(entry)
      const before = last.get(id)
      last.set(id, fetched)
      if (!isKept(fetched) && before !== undefined && isSameNote(before, fetched)) return
      write(() => store.note(key, fetched))
    },
    forgotten(entry) {
      const { key, id } = keyAndId(entry)
      const before = last.get(id)
      if (before === undefined || !isKept(before)) return
      const at = now()
      last.set(id, { ...before, endsAt: before.at })
      write(() => store.drop(key, at))
    },
  }
}

function isKept({ at, endsAt }: KeptNote): boolean {
  return endsAt > at
}

/** Both of values that are not kept: the second says nothing new. */
function isSameNote(before: KeptNote, after: KeptNote): boolean {
  const same = before.createdAt === after.createdAt && before.generation === after.generation
  return same && !isKept(before)
}

/** Tells apart what one name has named: the catalog may change, and a profile gives it another place. */
export function referenceDigest({ instance, provider, reference }: SecretEntry): string {
  const text = canonicalJson([instance, provider, reference])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
