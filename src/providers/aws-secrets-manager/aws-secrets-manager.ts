import { BrokerError } from '../../core/errors.ts'
import type { SecretProvider } from '../provider.ts'
import type { GetSecretValue } from './client.ts'
import { awsFailure, isNotFound } from './failure.ts'
import { type AwsReference, awsReference } from './reference.ts'
import { fetchedOf } from './value.ts'

const FIVE_MINUTES = 300_000

/** AWS Secrets Manager, read only, with the AWS SDK's own credential chain. */
export function createAwsSecretsManagerProvider(): SecretProvider<AwsReference> {
  let getSecretValue: GetSecretValue | null = null
  return {
    type: 'aws-secrets-manager',
    description: 'AWS Secrets Manager',
    reference: awsReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: () => [],
    async fetch(reference, { name, signal }) {
      try {
        // Not the SDK itself: where a bundler makes a chunk of it, its named exports are lost (tried).
        getSecretValue ??= (await import('./client.ts')).awsGetSecretValue()
        // The SDK looks at the signal while it waits for an answer, not between two attempts.
        const output = await orAborted(getSecretValue(reference, signal), signal)
        return fetchedOf(output, reference, name)
      } catch (thrown) {
        if (isNotFound(thrown)) return null
        throw awsFailure(thrown, reference)
      }
    },
    store: null,
  }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new BrokerError('cancelled', 'the fetch was cancelled'))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([promise, work])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
