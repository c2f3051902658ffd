import { canonicalJson } from '../core/canonical-json.ts'
import { asBrokerError, BrokerError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { RedactPolicy, SecretEntry } from '../core/snapshot.ts'
import type { FetchContext, FetchedSecret, Lease, SecretProvider } from '../providers/provider.ts'
import { createCircuits } from './circuit.ts'
import { type Fetch, fetchSecret, isOutage, isRemote } from './fetch.ts'
import { type Flight, startFlight } from './flight.ts'
import { createLeases, type Lent } from './leases.ts'
import type { MemoryNotes } from './memory-notes.ts'
import { createValueCache } from './value-cache.ts'

/** That a secret is not there, or not to be had, is believed for this long, in ms: an agent that asks on and on floods nobody. */
const REFUSED_FOR_MS = 2_000

/** Which version of which secret was had, and from where. */
export interface SecretVersion {
  readonly name: string
  readonly provider: string
  /** Which of the catalog's `providers`. */
  readonly instance: string
  readonly version: string | null
}

/** A secret of the catalog, as it is at this moment. */
export interface ResolvedSecret extends SecretVersion {
  readonly fields: ReadonlyMap<string, Secret>
  /** When that version was made, in ms since the epoch; null where the provider does not say. */
  readonly createdAt: number | null
  /** True where it was not fetched for this call. */
  readonly cached: boolean
  /** True where its time is over and it is used because its provider cannot be reached. */
  readonly stale: boolean
  /** What its provider logged in with for this fetch; empty where nothing was fetched. */
  readonly via: readonly SecretVersion[]
  /** To be called once the values are no longer in use: what was lent is then given back. */
  release(): void
}

export interface ResolveOptions {
  readonly signal: AbortSignal
  /** Fetch anew whatever is in memory, which is forgotten even where that fails: after a 401. */
  readonly fresh?: boolean
  /** `previous`: what the current version replaced. */
  readonly version?: FetchContext['version']
}

/** The one way from a catalog entry to a value. */
export interface SecretResolver {
  /**
   * Fetches, or takes from memory what was fetched less than `entry.cacheMs` ago. Callers at the same time share one fetch;
   * the abort of one does not fail the others. What is in use is fetched anew in the background before its time is over.
   * Where the provider cannot be reached, what is older is used for `entry.staleIfErrorMs`.
   *
   * What is lent is shared by the calls that run at the same time, and renewed meanwhile; `cache` in the catalog keeps it longer.
   *
   * @throws BrokerError with the code of what is wrong; `secret_not_found` where the reference names nothing; `cancelled`.
   */
  resolve(entry: SecretEntry, options: ResolveOptions): Promise<ResolvedSecret>
  /** Gives back what was lent, also what is still in use, and waits for that within a bound. Never throws. */
  close(): Promise<void>
}

export interface ResolverOptions {
  readonly providers: ReadonlyMap<string, SecretProvider>
  readonly now: () => number
  /** Every Secret is given to this before anyone else gets it, with what the catalog says of it: the redactor's registry. */
  readonly onFetched: (secret: Secret, redact: RedactPolicy) => void
  /** How long one fetch may take where the catalog does not say; 10 s where it is left out. */
  readonly timeoutMs?: number
  /** From 0 to 1; Math.random where it is left out. */
  readonly random?: () => number
  /** Grows where someone wants the secret fetched anew (`keyhand secret refresh`), in whatever process. */
  readonly generation?: (name: string) => Promise<number>
  /** Told of what is kept; nobody where it is left out. */
  readonly notes?: MemoryNotes
}

/** What is fetched and kept under one key. */
interface Wanted {
  readonly key: string
  readonly entry: SecretEntry
  readonly version: FetchContext['version']
  readonly generation: number
}

/** What a fetch brought; where it is lent, `lent` keeps it. */
interface Landed {
  readonly fetched: FetchedSecret
  readonly lent: Lent | null
  readonly via: readonly SecretVersion[]
}

export function createResolver(options: ResolverOptions): SecretResolver {
  const { providers, now, random = Math.random, generation = async () => 0 } = options
  const cache = createValueCache({ now, random })
  const circuits = createCircuits({ now })
  const leases = createLeases(options)
  const flights = new Map<string, Flight<Landed>>()
  const refused = new Map<string, { readonly error: BrokerError; readonly until: number }>()

  function fly(wanted: Wanted): Flight<Landed> {
    const { key, entry, version } = wanted
    const at = now()
    const timeoutMs = entry.timeoutMs ?? options.timeoutMs ?? 10_000
    const flight: Flight<Landed> = startFlight(async (signal) => {
      const { fetched, via } = await fetchWithLogin({
        entry,
        version,
        signal,
        endsAt: at + timeoutMs,
      })
      // A refresh that started later has overtaken this fetch: what it brings is older.
      const newest = flights.get(key) === flight
      // Before anything can fail: what was lent is given back where nobody takes it.
      const lent = isLent(fetched)
        ? leases.adopt(newest ? key : null, fetched, { at, keepMs: entry.leaseCacheMs ?? 0 })
        : null
      // INVARIANT: redaction knows a value before anyone can use it; where that fails, nobody gets it.
      try {
        for (const secret of fetched.fields.values()) options.onFetched(secret, entry.redact)
      } catch (thrown) {
        if (newest) leases.retire(key)
        throw thrown
      }
      if (lent === null && newest) {
        cache.keep(key, entry, fetched, at, () => refresh(wanted))
      }
      if (newest) note(wanted, fetched, at)
      return { fetched, lent, via }
    }, timeoutMs)
    flights.set(key, flight)
    const over = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    flight.result.then(over, (thrown: unknown) => {
      over()
      remember(key, entry, asBrokerError(thrown))
    })
    return flight
  }

  function note({ entry, version, generation }: Wanted, fetched: FetchedSecret, at: number): void {
    // Of the one before, nobody asks how old it is.
    if (version !== 'current') return
    const keptMs = isLent(fetched) ? (entry.leaseCacheMs ?? 0) : entry.cacheMs
    const { createdAt } = fetched
    options.notes?.kept(entry, { generation, at, endsAt: at + keptMs, createdAt })
  }

  async function refresh(wanted: Wanted) {
    const current = flights.get(wanted.key)
    const flight = current === undefined || current.abandoned ? fly(wanted) : current
    // No call waits for it, so none that leaves ends it: it has its time.
    await flight.join(new AbortController().signal)
  }

  async function fetchWithLogin(
    what: Pick<Fetch, 'entry' | 'version' | 'signal' | 'endsAt'>,
  ): Promise<{ fetched: FetchedSecret; via: readonly SecretVersion[] }> {
    const used = new Map<string, ResolvedSecret>()
    const held: ResolvedSecret[] = []
    try {
      const login = async (needed: SecretEntry, fresh: boolean) => {
        const one = await resolve(needed, { signal: what.signal, fresh })
        held.push(one)
        used.set(one.name, one)
        return one
      }
      const fetched = await fetchSecret({ providers, circuits, now, random }, { ...what, login })
      return { fetched, via: [...used.values()].flatMap((one) => [versionOf(one), ...one.via]) }
    } finally {
      for (const one of held) one.release()
    }
  }

  function remember(key: string, entry: SecretEntry, error: BrokerError): void {
    const { code } = error
    if (code !== 'secret_not_found' && code !== 'secret_denied') return
    if (!isRemote(providers.get(entry.provider))) return
    const at = now()
    for (const [other, { until }] of refused) if (at >= until) refused.delete(other)
    refused.set(key, { error, until: at + REFUSED_FOR_MS })
  }

  async function resolve(entry: SecretEntry, asked: ResolveOptions): Promise<ResolvedSecret> {
    const { signal, fresh = false, version = 'current' } = asked
    if (signal.aborted) throw new BrokerError('cancelled', 'the call was cancelled')
    const { name, instance, provider, reference, redact } = entry
    const current = await generation(name)
    // With what redaction knows of it: where the catalog becomes stricter, a value in memory would not be registered anew.
    const key = canonicalJson([name, instance, provider, reference, redact, version, current])
    if (fresh) {
      cache.forget(key)
      leases.retire(key)
      refused.delete(key)
      options.notes?.forgotten(entry)
    } else {
      const hit = inMemory(cache.young(key, entry), leases.take(key))
      if (hit !== null) return resolvedOf(entry, hit, { cached: true })
      const no = refused.get(key)
      if (no !== undefined && now() < no.until) throw no.error
    }
    const flying = flights.get(key)
    // A fetch that began before the old value was refused may still bring it: a refresh joins refreshes only.
    const joined = flying !== undefined && (flying.fresh || !fresh) && !flying.abandoned
    const flight = joined ? flying : fly({ key, entry, version, generation: current })
    if (fresh) flight.fresh = true
    try {
      return resolvedOf(entry, await flight.join(signal), { cached: false })
    } catch (thrown) {
      const error = asBrokerError(thrown)
      // After a refusal nothing is in memory any more: an outage brings no value back that an upstream has refused.
      const old = isOutage(error) && !fresh ? inMemory(cache.stale(key, entry), null) : null
      if (old === null) throw error
      return resolvedOf(entry, old, { cached: true, stale: true })
    }
  }

  return {
    resolve,
    async close() {
      cache.clear()
      await leases.close()
    },
  }
}

function inMemory(fetched: FetchedSecret | null, lent: Lent | null): Landed | null {
  if (lent !== null) return { fetched: lent.fetched, lent, via: [] }
  return fetched === null ? null : { fetched, lent, via: [] }
}

function isLent(fetched: FetchedSecret): fetched is FetchedSecret & { readonly lease: Lease } {
  return fetched.lease !== null
}

function resolvedOf(
  { name, provider, instance }: SecretEntry,
  { fetched: { version, fields, createdAt }, lent, via }: Landed,
  { cached, stale = false }: { cached: boolean; stale?: boolean },
): ResolvedSecret {
  const release = lent?.use() ?? (() => {})
  return { name, provider, instance, version, fields, createdAt, cached, stale, via, release }
}

function versionOf({ name, provider, instance, version }: SecretVersion): SecretVersion {
  return { name, provider, instance, version }
}
