import { BrokerError } from '../../core/errors.ts'
import type { SecretProvider } from '../provider.ts'
import { awsGetSecretValue, type GetSecretValue } from './client.ts'
import { awsFailure, isNotFound } from './failure.ts'
import { type AwsReference, awsReference } from './reference.ts'
import { fetchedOf } from './value.ts'

const FIVE_MINUTES = 300_000

/** AWS Secrets Manager, read only, with the AWS SDK's own credential chain. */
export function createAwsSecretsManagerProvider(
  options: { readonly getSecretValue?: GetSecretValue } = {},
): SecretProvider<AwsReference> {
  const getSecretValue = options.getSecretValue ?? awsGetSecretValue()
  return {
    type: 'aws-secrets-manager',
    description: 'AWS Secrets Manager',
    reference: awsReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    async fetch(reference, { name, signal }) {
      try {
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
