import { BrokerError } from '../../core/errors.ts'
import type { FetchContext, PlacedProvider } from '../provider.ts'
import type { Clusters } from './cluster.ts'
import { type KubernetesReference, kubernetesReference } from './reference.ts'

const FIVE_MINUTES = 300_000

export interface KubernetesOptions {
  /** Read only for the names that a reference gives as `from_environment`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** Where a pod has its token and authority. */
  readonly podFolder?: string
}

/** Secrets of Kubernetes, read only. */
export function createKubernetesProvider(
  options: KubernetesOptions,
): PlacedProvider<KubernetesReference> {
  const { podFolder = '/var/run/secrets/kubernetes.io/serviceaccount' } = options
  let clusters: Promise<Clusters> | null = null

  async function load(): Promise<Clusters> {
    return (await import('./cluster.ts')).createClusters({ ...options, podFolder })
  }

  return {
    type: 'kubernetes',
    description: 'a Secret of Kubernetes, with a kubeconfig or from inside of the cluster',
    reference: kubernetesReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: ({ token }) => (token === undefined ? [] : [token]),
    place: ({ kubeconfig, context, in_cluster: inside, address, ca }) =>
      JSON.stringify([kubeconfig, context, inside, address, ca]),
    async fetch(reference: KubernetesReference, context: FetchContext) {
      if (context.signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
      // Kubernetes keeps no version before the current one.
      if (context.version === 'previous') return null
      clusters ??= load()
      return (await clusters).read(reference, context)
    },
    store: null,
  }
}
