import { canonicalJson } from '../core/canonical-json.ts'
import { asBrokerError, BrokerError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { SecretEntry } from '../core/snapshot.ts'
import {
  contextAlone,
  type FetchedSecret,
  type Lease,
  type SecretProvider,
} from '../providers/provider.ts'
import { type Flight, startFlight } from './flight.ts'
import { createLeases, type Lent } from './leases.ts'

/** A secret of the catalog, as it is at this moment. */
export interface ResolvedSecret {
  readonly name: string
  readonly provider: string
  readonly version: string | null
  readonly fields: ReadonlyMap<string, Secret>
  /** True where it was not fetched for this call. */
  readonly cached: boolean
  /** To be called once the values are no longer in use: what was lent is then given back. */
  release(): void
}

/** The one way from a catalog entry to a value. */
export interface SecretResolver {
  /**
   * Fetches, or takes from memory what was fetched less than `entry.cacheMs` ago. Callers at the same time share one fetch;
   * the abort of one does not fail the others.
   *
   * @param options.fresh fetch anew whatever is in memory, which is forgotten even where that fails: after a 401.
   * What is lent is shared by the calls that run at the same time, and renewed meanwhile; `cache` in the catalog keeps it longer.
   *
   * @throws BrokerError with the code of what is wrong; `secret_not_found` where the reference names nothing; `cancelled`.
   */
  resolve(
    entry: SecretEntry,
    options: { readonly signal: AbortSignal; readonly fresh?: boolean },
  ): Promise<ResolvedSecret>
  /** Gives back what was lent, also what is still in use, and waits for that within a bound. Never throws. */
  close(): Promise<void>
}

export interface ResolverOptions {
  readonly providers: ReadonlyMap<string, SecretProvider>
  readonly now: () => number
  /** Every Secret is given to this before anyone else gets it: the redactor's registry. */
  readonly onFetched: (secret: Secret) => void
  /** How long one fetch may take; 10 s where it is left out. */
  readonly timeoutMs?: number
}

interface Kept {
  readonly fetched: FetchedSecret
  readonly at: number
  readonly untilAtMost: number
}

export function createResolver(options: ResolverOptions): SecretResolver {
  const kept = new Map<string, Kept>()
  const leases = createLeases(options)
  const flights = new Map<string, Flight<Landed>>()

  function take(key: string, entry: SecretEntry): FetchedSecret | null {
    const now = options.now()
    for (const [other, { untilAtMost }] of kept) if (now >= untilAtMost) kept.delete(other)
    const hit = kept.get(key)
    // The catalog may have shortened `cache` since; a clock that went back makes nothing younger.
    return hit !== undefined && now >= hit.at && now < hit.at + entry.cacheMs ? hit.fetched : null
  }

  function fly(key: string, entry: SecretEntry): Flight<Landed> {
    const at = options.now()
    const flight: Flight<Landed> = startFlight(async (signal) => {
      const fetched = await fetchFrom(options, entry, signal)
      // A refresh that started later has overtaken this fetch: what it brings is older.
      const newest = flights.get(key) === flight
      // Before anything can fail: what was lent is given back where nobody takes it.
      const lent = isLent(fetched)
        ? leases.adopt(newest ? key : null, fetched, { at, keepMs: entry.leaseCacheMs ?? 0 })
        : null
      // INVARIANT: redaction knows a value before anyone can use it; where that fails, nobody gets it.
      try {
        for (const secret of fetched.fields.values()) options.onFetched(secret)
      } catch (thrown) {
        if (newest) leases.retire(key)
        throw thrown
      }
      if (lent === null && entry.cacheMs > 0 && newest) {
        kept.set(key, { fetched, at, untilAtMost: at + entry.cacheMs })
      }
      return { fetched, lent }
    }, options.timeoutMs ?? 10_000)
    flights.set(key, flight)
    const over = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    flight.result.then(over, over)
    return flight
  }

  return {
    async resolve(entry, { signal, fresh = false }) {
      if (signal.aborted) throw new BrokerError('cancelled', 'the call was cancelled')
      const key = canonicalJson([entry.name, entry.provider, entry.reference])
      if (fresh) {
        kept.delete(key)
        leases.retire(key)
      }
      const hit = fresh ? null : landed(take(key, entry), leases.take(key))
      if (hit !== null) return resolvedOf(entry, hit, true)
      const current = flights.get(key)
      // A fetch that began before the old value was refused may still bring it: a refresh joins refreshes only.
      const joined = current !== undefined && (current.fresh || !fresh) && !current.abandoned
      const flight = joined ? current : fly(key, entry)
      if (fresh) flight.fresh = true
      return resolvedOf(entry, await flight.join(signal), false)
    },
    close: () => leases.close(),
  }
}

/** What a fetch brought; where it is lent, `lent` keeps it. */
interface Landed {
  readonly fetched: FetchedSecret
  readonly lent: Lent | null
}

function landed(fetched: FetchedSecret | null, lent: Lent | null): Landed | null {
  if (lent !== null) return { fetched: lent.fetched, lent }
  return fetched === null ? null : { fetched, lent }
}

function isLent(fetched: FetchedSecret): fetched is FetchedSecret & { readonly lease: Lease } {
  return fetched.lease !== null
}

async function fetchFrom(
  { providers }: ResolverOptions,
  { name, provider: type, reference }: SecretEntry,
  signal: AbortSignal,
): Promise<FetchedSecret> {
  const provider = providers.get(type)
  if (provider === undefined) {
    throw new BrokerError(
      'config_invalid',
      `the secret \`${name}\` names the provider \`${type}\`, which does not exist`,
      {
        fix: `Use one of: ${[...providers.keys()].join(', ')}.`,
      },
    )
  }
  let fetched: FetchedSecret | null
  try {
    fetched = await provider.fetch(reference, contextAlone(name, signal))
  } catch (thrown) {
    throw asBrokerError(thrown)
  }
  if (fetched === null) {
    throw new BrokerError(
      'secret_not_found',
      `the provider \`${type}\` has nothing for the secret \`${name}\``,
      {
        fix:
          provider.store === null
            ? `Create it there, or correct the entry of \`${name}\` in keyhand.yaml.`
            : `Run \`keyhand secret set ${name}\`.`,
      },
    )
  }
  if (fetched.fields.size === 0) {
    throw new BrokerError(
      'secret_invalid',
      `the provider \`${type}\` gave no value for the secret \`${name}\``,
    )
  }
  return fetched
}

function resolvedOf(
  { name, provider }: SecretEntry,
  { fetched: { version, fields }, lent }: Landed,
  cached: boolean,
): ResolvedSecret {
  return { name, provider, version, fields, cached, release: lent?.use() ?? (() => {}) }
}
