import type { FetchContext, LendingProvider, PlacedProvider } from '../provider.ts'
import type { Connection, Connections } from './connections.ts'
import type { Ledger } from './ledger.ts'
import { secretsOfLogin, type VaultReference, vaultReference } from './reference.ts'

const FIVE_MINUTES = 300_000

export interface VaultOptions {
  /** Read only where a reference says `from_environment: true`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  readonly ledger: Ledger
}

/** HashiCorp Vault and OpenBao, read only: KV of both versions, and every path that lends. */
export function createVaultProvider(
  options: VaultOptions,
): LendingProvider<VaultReference> & PlacedProvider<VaultReference> {
  let connections: Promise<Connections> | null = null

  async function connect(reference: VaultReference): Promise<Connection> {
    // The promise is kept, not what it brings: many may be first, and all are to share one login.
    connections ??= load()
    return (await connections).to(reference)
  }

  /** By the first fetch, so that a start does not pay for it. */
  async function load(): Promise<Connections> {
    return (await import('./connections.ts')).createConnections(options)
  }

  return {
    type: 'vault',
    description: 'HashiCorp Vault or OpenBao: KV, and dynamic secrets as leases',
    reference: vaultReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: secretsOfLogin,
    place: ({ address, namespace, ca, from_environment: also }) =>
      JSON.stringify([address, namespace, ca, also]),
    async fetch(reference: VaultReference, context: FetchContext) {
      const connection = await connect(reference)
      return connection.fetch(reference, context)
    },
    store: null,
    lending: {
      async orphans() {
        return (await options.ledger.orphans(options.now())).length
      },
      async sweep(reference, context) {
        const orphans = await options.ledger.orphans(options.now())
        return orphans.length === 0 ? 0 : (await connect(reference)).sweep(orphans, context)
      },
      async close(signal) {
        await (await connections)?.close(signal)
      },
    },
  }
}
