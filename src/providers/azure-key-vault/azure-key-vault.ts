import { BrokerError } from '../../core/errors.ts'
import type { FetchContext, PlacedProvider } from '../provider.ts'
import type { MakeCredential } from './login.ts'
import { type AzureKeyVaultReference, azureKeyVaultReference } from './reference.ts'
import type { Vaults } from './vaults.ts'

const FIVE_MINUTES = 300_000

/** Secrets of Azure Key Vault, read only. */
export function createAzureKeyVaultProvider(options: {
  readonly now: () => number
  /** Microsoft's own where it is left out. */
  readonly makeCredential?: MakeCredential
}): PlacedProvider<AzureKeyVaultReference> {
  let vaults: Promise<Vaults> | null = null

  async function load(): Promise<Vaults> {
    const [{ createVaults }, { makeCredential }] = await Promise.all([
      import('./vaults.ts'),
      import('./login.ts'),
    ])
    return createVaults({ makeCredential, ...options })
  }

  return {
    type: 'azure-key-vault',
    description: 'a secret of Azure Key Vault',
    reference: azureKeyVaultReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: ({ auth }) => (auth?.type === 'client_secret' ? [auth.secret] : []),
    place: ({ address, vault, ca, auth }) => JSON.stringify([address, vault, ca, auth]),
    async fetch(reference: AzureKeyVaultReference, context: FetchContext) {
      if (context.signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
      vaults ??= load()
      return (await vaults).read(reference, context)
    },
    store: null,
  }
}
