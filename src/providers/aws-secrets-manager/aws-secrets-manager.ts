import { BrokerError } from '../../core/errors.ts'
import { type AwsClients, orAborted } from '../aws-client/clients.ts'
import { placeOfConnection, regionOf, secretsOfConnection } from '../aws-client/connection.ts'
import { type AwsAsked, awsFailure, isNotFound } from '../aws-client/failure.ts'
import type { FetchContext, PlacedProvider } from '../provider.ts'
import type { AwsValue, SecretsManager } from './client.ts'
import { type AwsReference, awsReference } from './reference.ts'
import { fetchedOf } from './value.ts'

const FIVE_MINUTES = 300_000

/** AWS Secrets Manager, read only, with the AWS SDK's own credential chain or a key from the catalog. */
export function createAwsSecretsManagerProvider(): PlacedProvider<AwsReference> {
  let clients: Promise<AwsClients<SecretsManager>> | null = null

  async function read(reference: AwsReference, context: FetchContext): Promise<AwsValue> {
    // Not the SDK itself: where a bundler makes a chunk of it, its named exports are lost (tried).
    clients ??= import('./client.ts').then(({ createSecretsManagers }) => createSecretsManagers())
    const region = regionOf(reference, reference.id)
    const client = await (await clients).to(reference, region, context)
    const id = await tagged(client, reference, context.signal)
    const { version_id, version_stage } = reference
    if (context.version === 'previous') {
      return client.version(id, { id: undefined, stage: 'AWSPREVIOUS' }, context.signal)
    }
    if (version_id === undefined && version_stage === undefined) {
      return client.current(id, context.signal)
    }
    return client.version(id, { id: version_id, stage: version_stage }, context.signal)
  }

  return {
    type: 'aws-secrets-manager',
    description: 'AWS Secrets Manager',
    reference: awsReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: secretsOfConnection,
    place: (reference) => placeOfConnection(reference, regionOf(reference, reference.id)),
    async fetch(reference, context) {
      const fixed = reference.version_id !== undefined || reference.version_stage !== undefined
      // Before a version that was named by hand there is none that it replaced.
      if (context.version === 'previous' && fixed) return null
      try {
        const value = await orAborted(read(reference, context), context.signal)
        return fetchedOf(value, reference, context.name)
      } catch (thrown) {
        if (isNotFound(thrown)) return null
        throw awsFailure(thrown, askedFor(reference, 'secretsmanager:GetSecretValue'))
      }
    },
    store: null,
  }
}

/**
 * What to ask for: where tags are required, the ARN of the very secret that carries them, so that another one under the same
 * name is not read in its place.
 *
 * @throws BrokerError `secret_denied` where it lacks one.
 */
async function tagged(
  client: SecretsManager,
  reference: AwsReference,
  signal: AbortSignal,
): Promise<string> {
  const { id, require_tags: required } = reference
  if (required === undefined) return id
  const { arn, tags } = await client.describe(id, signal).catch((thrown: unknown) => {
    throw isNotFound(thrown)
      ? thrown
      : awsFailure(thrown, askedFor(reference, 'secretsmanager:DescribeSecret'))
  })
  const lacking = Object.entries(required).find(([name, value]) => tags.get(name) !== value)
  if (lacking === undefined && arn !== undefined) return arn
  const [name, value] = lacking ?? ['', '']
  throw new BrokerError(
    'secret_denied',
    `\`${id}\` does not carry the tag \`${name}: ${value}\` that \`require_tags\` asks for`,
    { fix: 'Check that the catalog names the right secret; else tag it in AWS.' },
  )
}

function askedFor({ id, profile }: AwsReference, action: string): AwsAsked {
  return {
    service: 'AWS Secrets Manager',
    what: `\`${id}\``,
    doing: `read \`${id}\``,
    allow: `Allow these credentials \`${action}\` on it, and \`kms:Decrypt\` on its key.`,
    check: 'Check `id`, `version_id` and `version_stage` in the catalog.',
    profile,
  }
}
