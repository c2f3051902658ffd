import type { z } from 'zod'
import { BrokerError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'

/** What a fetch may use besides the reference. */
export interface FetchContext {
  /** The secret's name in the catalog: default account of a keychain item, key in the encrypted file, name of each `Secret`. */
  readonly name: string
  /** Aborts with the call, or when the provider's own time is over. */
  readonly signal: AbortSignal
  /** Which version is wanted where the reference does not name one: `previous` is what the current one replaced. */
  readonly version: 'current' | 'previous'
  /**
   * Another secret of the catalog, for what the provider itself logs in with. Only names that `needs` gave may be asked for.
   *
   * @throws BrokerError as that secret's own provider does; `config_invalid` for any other name.
   */
  secret(name: string, field?: string): Promise<Secret>
}

/** A value that is only lent (Vault's dynamic secrets): to be renewed while in use and revoked when done. */
export interface Lease {
  readonly id: string
  /** When it ends, in ms since the epoch. */
  readonly expiresAt: number
  readonly renewable: boolean
  /** Asks for more time. @throws BrokerError where there is none to be had: the lease then ends when it ends. */
  renew(signal: AbortSignal): Promise<Lease>
  /** Gives it back: after this the value is worth nothing. */
  revoke(signal: AbortSignal): Promise<void>
}

/** The field of a secret that is one value. */
export const VALUE_FIELD = 'value'

/** The context of a fetch that stands alone, outside of a call: the current version, and no other secret to log in with. */
export function contextAlone(name: string, signal: AbortSignal): FetchContext {
  return {
    name,
    signal,
    version: 'current',
    async secret() {
      throw new BrokerError(
        'config_invalid',
        `\`${name}\` asked for a secret that the catalog does not name here`,
      )
    },
  }
}

/** What a provider gave. */
export interface FetchedSecret {
  /** By name of field; a secret that is one value has the field `value` alone. */
  readonly fields: ReadonlyMap<string, Secret>
  /** The provider's own word for the version that was read; null where it has none. */
  readonly version: string | null
  /** When that version was made, in ms since the epoch; null where the provider does not say. */
  readonly createdAt: number | null
  readonly lease: Lease | null
}

/**
 * A place where values live. `fetch` returns null only where the reference names nothing; every other failure throws a
 * `BrokerError` whose code tells denied, locked, not logged in, throttled, unreachable and timed out apart.
 *
 * INVARIANT: making a provider has no side effect; its vendor library is loaded by the first `fetch`.
 */
export interface SecretProvider<Reference = unknown> {
  /** The word in the catalog. */
  readonly type: string
  /** One line for docs and `--help`. */
  readonly description: string
  /** What the catalog says, besides `provider` and the fields that every secret may have; a strict object. */
  readonly reference: z.ZodType<Reference>
  /** How this kind of place behaves where the catalog does not say. */
  readonly defaults: { readonly watch: 'always' | 'used'; readonly cacheMs: number }
  /** The catalog's names of the secrets that it needs to log in; a cycle of them is a mistake in the catalog. */
  needs(reference: Reference): readonly string[]
  fetch(reference: Reference, context: FetchContext): Promise<FetchedSecret | null>
  /** The write side; null where keyhand may only read. */
  readonly store: SecretStore<Reference> | null
}

/** A provider whose references may lead to different places: that one of them is down says nothing of another. */
export interface PlacedProvider<Reference = unknown> extends SecretProvider<Reference> {
  /** What fails together: the server and how it is reached, in whatever words. Never a value; it is compared, not shown. */
  place(reference: Reference): string
}

/** Which place a reference leads to; the same for all of a provider that does not tell. */
export function placeOf(provider: SecretProvider, reference: unknown): string {
  return isPlaced(provider) ? provider.place(reference) : ''
}

function isPlaced(provider: SecretProvider): provider is PlacedProvider {
  return 'place' in provider
}

/** A provider that lends: what it lent hangs on something of this process, so that nothing outlives it for long. */
export interface LendingProvider<Reference = unknown> extends SecretProvider<Reference> {
  readonly lending: Lending<Reference>
}

/** What keeps in order what a provider lends. */
export interface Lending<Reference = unknown> {
  /** How many dead processes' leavings are known, at whatever place. Asks no network. */
  orphans(): Promise<number>
  /**
   * Ends what dead processes were lent by the place of this reference, with its login; how many of them. Asks no network
   * where there are none.
   *
   * @throws BrokerError where they cannot be ended now.
   */
  sweep(reference: Reference, context: FetchContext): Promise<number>
  /** Gives back all that this process was lent, and logs out. What cannot be given back, the next process sweeps. */
  close(signal: AbortSignal): Promise<void>
}

/** What a provider lends, where it does. */
export function lendingOf(provider: SecretProvider): Lending | null {
  return isLending(provider) ? provider.lending : null
}

function isLending(provider: SecretProvider): provider is LendingProvider {
  return 'lending' in provider
}

/** The part of a provider that keyhand may write to: `secret set`, storing what an upstream minted, rotation. */
export interface SecretStore<Reference = unknown> {
  /**
   * Writes a value and reads it back before it returns the new version.
   *
   * @throws BrokerError `secret_conflict` where `expectedVersion` is given and is no longer the current one.
   */
  put(
    reference: Reference,
    value: Secret,
    context: FetchContext,
    expectedVersion?: string,
  ): Promise<string | null>
  /** True where something was removed, false where there was nothing. */
  remove(reference: Reference, context: FetchContext): Promise<boolean>
}
