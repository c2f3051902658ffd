import type {
  GetSecretValueCommandOutput,
  SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager'
import { type AwsReference, referenceRegion } from './reference.ts'

/** The one thing that is asked of AWS. */
export type GetSecretValue = (
  reference: AwsReference,
  signal: AbortSignal,
) => Promise<GetSecretValueCommandOutput>

/** The real one. One client for each place that references name, so that credentials and connections are kept. */
export function awsGetSecretValue(): GetSecretValue {
  const clients = new Map<
    string,
    (reference: AwsReference, signal: AbortSignal) => ReturnType<GetSecretValue>
  >()
  return async (reference, signal) => {
    const { SecretsManagerClient, GetSecretValueCommand } = await import(
      '@aws-sdk/client-secrets-manager'
    )
    const config = clientConfig(reference)
    const key = JSON.stringify([
      config.region,
      config.profile,
      config.endpoint,
      reference.from_environment,
    ])
    let send = clients.get(key)
    if (send === undefined) {
      const client = new SecretsManagerClient(config)
      send = ({ id, version_id, version_stage }, abortSignal) =>
        client.send(
          new GetSecretValueCommand({
            SecretId: id,
            ...(version_id === undefined ? {} : { VersionId: version_id }),
            ...(version_stage === undefined ? {} : { VersionStage: version_stage }),
          }),
          { abortSignal },
        )
      clients.set(key, send)
    }
    return send(reference, signal)
  }
}

/** What a client is made with: everything that the environment could turn against us is said here. */
function clientConfig(reference: AwsReference): SecretsManagerClientConfig {
  const region = referenceRegion(reference)
  const bounded = {
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED has no say. An agent of its own takes no proxy from the environment.
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 8_000,
      throwOnRequestTimeout: true,
      httpsAgent: { rejectUnauthorized: true },
    },
    ignoreConfiguredEndpointUrls: reference.from_environment !== true,
    // The SDK would write warnings to stderr.
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  }
  const inherited = {
    // The SDK hands these on to its credential chain: its calls to STS and SSO are bound in the same way, and a profile or
    // login that changed is seen without a restart. (Not in its types; `test/providers/aws-environment.test.ts` holds it.)
    clientConfig: bounded,
    ignoreCache: true,
  }
  return {
    ...inherited,
    ...bounded,
    maxAttempts: 3,
    ...(region === undefined ? {} : { region }),
    ...(reference.profile === undefined ? {} : { profile: reference.profile }),
    ...(reference.endpoint === undefined ? {} : { endpoint: reference.endpoint }),
  }
}

function nothing(): void {}
