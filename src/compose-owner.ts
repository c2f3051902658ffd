import { composeRecords, type Environment, refreshKey } from './compose.ts'
import type { Families } from './config/families.ts'
import { asBrokerError, type BrokerError } from './core/errors.ts'
import type { SecretEntry } from './core/snapshot.ts'
import type { Places } from './places.ts'
import type { SecretsFile } from './providers/file/secrets-file.ts'
import { openSecretsFile, prepareKeychain } from './providers/index.ts'
import { contextAlone, type FetchContext, lendingOf, placeOf } from './providers/provider.ts'
import type { Strength } from './redaction/strength.ts'
import type { Swept } from './secrets/sweep.ts'

/** The encrypted file of a home, for its owner: make it, unlock it, lock it. */
export function composeSecretsFile(options: {
  readonly places: Places
  readonly env: Environment
}): SecretsFile {
  const { places, env } = options
  return openSecretsFile({ home: places.home, state: places.state, env, now: () => Date.now() })
}

/** Null where the OS keychain can be written and read, else what stands in the way. */
export async function probeKeychain(
  options: { readonly places: Places; readonly env: Environment },
  signal: AbortSignal,
): Promise<BrokerError | null> {
  const { places, env } = options
  try {
    const now = () => Date.now()
    await prepareKeychain({ home: places.home, state: places.state, env, now }, signal)
    return null
  } catch (thrown) {
    return asBrokerError(thrown)
  }
}

/** What the owner of a value may be told of it. */
export interface SecretReport {
  readonly version: string | null
  /** When that version was made, in ms since the epoch; null where the provider does not say. */
  readonly createdAt: number | null
  /** Each field with its strength; null for one that is no secret itself, such as a user name. */
  readonly fields: readonly { readonly field: string; readonly strength: Strength | null }[]
}

export interface SecretReports {
  (entry: SecretEntry, signal: AbortSignal): Promise<SecretReport>
  /** Gives back what was lent for that. */
  close(): Promise<void>
}

/** Looks at values the way that a call does, for their owner. */
export async function composeSecretReports(families: Families): Promise<SecretReports> {
  const [{ createResolver }, { sweepingResolver }, { strengthOf }, { isPublicField }] =
    await Promise.all([
      import('./secrets/resolver.ts'),
      import('./secrets/sweep.ts'),
      import('./redaction/strength.ts'),
      import('./redaction/secret-part.ts'),
    ])
  const { providers } = families
  const now = () => Date.now()
  const resolver = sweepingResolver({
    // Nothing that an upstream says passes through here, so there is nothing to redact.
    resolver: createResolver({ providers, now, onFetched: () => {} }),
    providers,
    now,
    entries: async () => [],
  })
  async function look(entry: SecretEntry, signal: AbortSignal): Promise<SecretReport> {
    const { version, createdAt, fields, release } = await resolver.resolve(entry, { signal })
    release()
    const reports = [...fields].map(([field, secret]) => ({
      field,
      strength: isPublicField(field) ? null : strengthOf(secret),
    }))
    return { version, createdAt, fields: reports }
  }
  return Object.assign(look, { close: () => resolver.close() })
}

/** Tells apart the places that entries lead to, as a call does: what fails together. */
export function placeOfEntry(
  { providers }: Families,
  { provider: type, instance, reference }: SecretEntry,
): string {
  const provider = providers.get(type)
  return JSON.stringify([instance, provider === undefined ? '' : placeOf(provider, reference)])
}

/** What dead processes were lent and did not give back. */
export interface LeftLeases {
  /** How many of their logins are known. Asks no network. */
  orphans(): Promise<number>
  /** Ends those that the places of these entries know. Never throws. */
  sweep(entries: Iterable<SecretEntry>): Promise<Swept>
  /** Logs out of what that logged into. */
  close(): Promise<void>
}

export async function composeLeftLeases({ providers }: Families): Promise<LeftLeases> {
  const [{ createResolver }, { sweepingResolver, sweepLeases }] = await Promise.all([
    import('./secrets/resolver.ts'),
    import('./secrets/sweep.ts'),
  ])
  const now = () => Date.now()
  const inner = createResolver({ providers, now, onFetched: () => {} })
  const resolver = sweepingResolver({ resolver: inner, providers, now, entries: async () => [] })
  return {
    async orphans() {
      let count = 0
      for (const provider of providers.values()) {
        count += (await lendingOf(provider)?.orphans()) ?? 0
      }
      return count
    },
    sweep: (entries) => sweepLeases({ resolver, providers }, entries),
    close: () => resolver.close(),
  }
}

/**
 * What time it is where a provider's place is, in ms since the epoch; null where it does not say.
 *
 * @throws BrokerError where it cannot be asked.
 */
export async function askServiceClock(
  place: { readonly address: string; readonly ca?: string },
  signal: AbortSignal,
): Promise<number | null> {
  const { serviceClock } = await import('./providers/https-json/service-clock.ts')
  return serviceClock({ ...place, signal })
}

/** What running servers have of a secret, by times alone. */
export interface InMemory {
  /** Until when a server that runs uses it without asking again; null where none has it. */
  readonly cachedUntil: number | null
  /** When the version that was fetched last was made; null where nobody knows. */
  readonly createdAt: number | null
}

/** Looks at what running servers have in memory. Nothing is resolved. */
export async function composeInMemory(places: Places): Promise<{
  (entry: SecretEntry, now: number): Promise<InMemory>
  close(): Promise<void>
}> {
  const [{ state, close }, { referenceDigest }] = await Promise.all([
    composeRecords(places),
    import('./secrets/memory-notes.ts'),
  ])
  const look = (entry: SecretEntry, now: number) => {
    const key = { secret: refreshKey(places, entry.name), reference: referenceDigest(entry) }
    return state.cached.look(key, now)
  }
  return Object.assign(look, { close })
}

/** The context in which the owner's commands reach a store, outside of any call. */
export function ownerContext(name: string, signal: AbortSignal): FetchContext {
  return contextAlone(name, signal)
}
