import { asBrokerError, type BrokerError } from '../core/errors.ts'
import type { SecretEntry } from '../core/snapshot.ts'
import { contextAlone, lendingOf, type SecretProvider, VALUE_FIELD } from '../providers/provider.ts'
import type { SecretResolver } from './resolver.ts'

/** How long one place may take to end what dead processes left, and to take back all at the end. */
const SWEEP_MS = 10_000
const CLOSE_MS = 5_000

/** Where that failed, it is tried again with the first call after this long. */
const RETRY_AFTER_MS = 60_000

export interface Swept {
  /** How many dead processes' leavings were ended. */
  readonly ended: number
  readonly problems: readonly BrokerError[]
}

interface SweepOptions {
  readonly resolver: SecretResolver
  readonly providers: ReadonlyMap<string, SecretProvider>
}

/** Ends what dead processes were lent by the places of these entries. Never throws. */
export async function sweepLeases(
  { resolver, providers }: SweepOptions,
  entries: Iterable<SecretEntry>,
): Promise<Swept> {
  let ended = 0
  const problems: BrokerError[] = []
  const waiting = new Set<SecretProvider>()
  for (const entry of entries) {
    const provider = providers.get(entry.provider)
    const lending = provider === undefined ? null : lendingOf(provider)
    if (provider === undefined || lending === null) continue
    try {
      // Asked again for each entry: another of the same place may have ended them.
      if ((await lending.orphans()) === 0) continue
      ended += await lending.sweep(entry.reference, contextOf(resolver, entry))
      waiting.delete(provider)
    } catch (thrown) {
      problems.push(asBrokerError(thrown))
      waiting.add(provider)
    }
  }
  return { ended, problems: waiting.size === 0 ? [] : problems }
}

/**
 * A resolver that begins to sweep with the first secret that is asked for, beside that call, and never before: clients probe
 * with processes that they throw away. Its `close` also closes what lends.
 */
export function sweepingResolver(
  options: SweepOptions & {
    readonly now: () => number
    /** Every entry of the catalog of that moment. */
    entries(): Promise<Iterable<SecretEntry>>
  },
): SecretResolver {
  const { resolver, providers, entries, now } = options
  let running: Promise<void> | null = null
  let nextAt: number | null = Number.NEGATIVE_INFINITY

  async function sweep(): Promise<void> {
    try {
      const { problems } = await sweepLeases(options, await entries())
      nextAt = problems.length === 0 ? null : now() + RETRY_AFTER_MS
    } catch {
      nextAt = now() + RETRY_AFTER_MS
    } finally {
      running = null
    }
  }

  return {
    ...resolver,
    async resolve(entry, use) {
      const resolving = resolver.resolve(entry, use)
      if (nextAt !== null && now() >= nextAt) running ??= sweep()
      return resolving
    },
    async close() {
      await running
      await resolver.close()
      const closing = [...providers.values()].map(async (provider) =>
        lendingOf(provider)?.close(AbortSignal.timeout(CLOSE_MS)),
      )
      await Promise.allSettled(closing)
    },
  }
}

function contextOf(resolver: SecretResolver, entry: SecretEntry) {
  const signal = AbortSignal.timeout(SWEEP_MS)
  const alone = contextAlone(entry.name, signal)
  return {
    ...alone,
    async secret(name: string, field = VALUE_FIELD) {
      const needed = entry.needs.find((one) => one.name === name)
      if (needed === undefined) return alone.secret(name, field)
      const { fields, release } = await resolver.resolve(needed, { signal })
      release()
      return fields.get(field) ?? alone.secret(name, field)
    },
  }
}
