import { homedir } from 'node:os'
import type { PlacedProvider } from '../provider.ts'
import { type GcpReference, gcpReference } from './reference.ts'
import type { SecretManager } from './secret-manager.ts'

const FIVE_MINUTES = 300_000

export interface GcpOptions {
  /** Read only where a reference says `from_environment: true`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** Whose gcloud login is `identity: platform`; this user's where it is left out. */
  readonly home?: string
  /** Where the metadata server is. */
  readonly metadata?: string
}

/** Google Secret Manager, read only, over its REST API: the vendor's library is not needed. */
export function createGcpSecretManagerProvider(options: GcpOptions): PlacedProvider<GcpReference> {
  const { env, now, metadata = 'http://169.254.169.254' } = options
  let loading: Promise<SecretManager> | null = null

  async function load(): Promise<SecretManager> {
    const { createSecretManager } = await import('./secret-manager.ts')
    const home = options.home ?? homedir()
    return createSecretManager({
      now,
      metadata,
      platform: { home, windows: process.platform === 'win32', env },
    })
  }

  return {
    type: 'gcp-secret-manager',
    description: 'Google Secret Manager',
    reference: gcpReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: ({ service_account_key: key }) => (key === undefined ? [] : [key]),
    // Its quotas are a project's, and its login may be what does not answer.
    place: ({ project, location, endpoint, token_endpoint: tokens, service_account_key: key }) =>
      JSON.stringify([project, location, endpoint, tokens, key]),
    async fetch(reference, context) {
      // A version that was named by hand replaced none.
      const fixed = reference.version !== undefined && reference.version !== 'latest'
      if (context.version === 'previous' && fixed) return null
      // Loaded by the first fetch, so that a start does not pay for it.
      loading ??= load()
      return (await loading).fetch(reference, context)
    },
    store: null,
  }
}
