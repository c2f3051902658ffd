import { asBrokerError, BrokerError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { SecretEntry } from '../core/snapshot.ts'
import { contextAlone, type SecretProvider } from '../providers/provider.ts'
import type { SecretResolver } from './resolver.ts'

/** How long storing may take, in ms. A call that is cancelled does not stop it: the value would be lost. */
const TIMEOUT_MS = 10_000

/** The one way from a value that an upstream made to a secret of the catalog. */
export interface SecretKeeper {
  /**
   * Stores a value as a secret's, and forgets the one before it. Returns the new version; null where the provider has none.
   *
   * @throws BrokerError with the code of what is wrong: the value is not stored.
   */
  keep(entry: SecretEntry, value: Secret): Promise<string | null>
}

export function createKeeper(options: {
  readonly providers: ReadonlyMap<string, SecretProvider>
  readonly resolver: SecretResolver
}): SecretKeeper {
  return {
    async keep(entry, value) {
      const store = options.providers.get(entry.provider)?.store ?? null
      if (store === null) {
        throw new BrokerError('config_invalid', `keyhand cannot write to \`${entry.provider}\``)
      }
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      let version: string | null
      try {
        version = await store.put(entry.reference, value, contextAlone(entry.name, signal))
      } catch (thrown) {
        throw asBrokerError(thrown)
      }
      // Whoever uses it next gets the new one: a fresh fetch takes the old one's place, or at least forgets it.
      await options.resolver.resolve(entry, { signal, fresh: true }).catch(() => undefined)
      return version
    },
  }
}
