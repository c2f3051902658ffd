import { neededSecrets } from '../core/needed-secrets.ts'
import { isRefusal } from '../core/refusal.ts'
import type { SecretEntry, Snapshot } from '../core/snapshot.ts'
import type { SecretResolver } from '../secrets/resolver.ts'

/** A secret that could not be read is asked for again after this long, in ms, so that a dead backend slows no other call. */
const RETRY_AFTER_MS = 60_000

/** No call waits longer than this, in ms, for what it does not need itself. */
const LONGEST_MS = 2_000

/** Registers for redaction what an agent can reach, before its first answer: another tool's answer must not show it. */
export interface Watch {
  /** Entries that are due: `watch: always`, reachable, and not yet read by this process. */
  due(snapshot: Snapshot): readonly SecretEntry[]
  /** Reads them, within a bound; answers the names of those that could not be read. Never throws. */
  read(entries: readonly SecretEntry[], signal: AbortSignal): Promise<readonly string[]>
}

export function createWatch(options: { readonly resolver: SecretResolver; now(): number }): Watch {
  const known = new WeakSet<SecretEntry>()
  const failed = new WeakMap<SecretEntry, number>()
  return {
    due(snapshot) {
      if (isRefusal(snapshot.scope)) return []
      const names = new Set<string>()
      for (const tool of snapshot.scope.tools.keys()) {
        const entry = snapshot.tools.get(tool)
        if (entry !== undefined && !isRefusal(entry))
          for (const name of entry.secrets) names.add(name)
      }
      return neededSecrets(names, snapshot.secrets).filter((entry) => {
        if (entry.watch !== 'always' || known.has(entry)) return false
        const since = failed.get(entry)
        return since === undefined || options.now() - since >= RETRY_AFTER_MS
      })
    },
    async read(entries, signal) {
      if (entries.length === 0) return []
      const bound = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)])
      const results = await Promise.allSettled(
        entries.map(async (entry) =>
          (await options.resolver.resolve(entry, { signal: bound })).release(),
        ),
      )
      const missed: string[] = []
      for (const [index, entry] of entries.entries()) {
        if (results[index]?.status === 'fulfilled') known.add(entry)
        else {
          failed.set(entry, options.now())
          missed.push(entry.name)
        }
      }
      return missed
    },
  }
}
