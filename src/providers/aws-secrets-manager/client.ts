/** The one module that imports the SDK: it is itself imported by the first fetch. */
import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager'
import { type AwsReference, referenceRegion } from './reference.ts'

/** @throws what the SDK throws. */
export type GetSecretValue = (
  reference: AwsReference,
  abortSignal: AbortSignal,
) => Promise<GetSecretValueCommandOutput>

/** Asks AWS, with one client for each place that references name, so that credentials and connections are kept. */
export function awsGetSecretValue(): GetSecretValue {
  const clients = new Map<string, SecretsManagerClient>()

  function clientFor(reference: AwsReference): SecretsManagerClient {
    const { profile, endpoint, from_environment } = reference
    const key = JSON.stringify([referenceRegion(reference), profile, endpoint, from_environment])
    const client = clients.get(key) ?? new SecretsManagerClient(clientConfig(reference))
    clients.set(key, client)
    return client
  }

  return async (reference, abortSignal) => {
    const { id, version_id, version_stage } = reference
    const command = new GetSecretValueCommand({
      SecretId: id,
      ...(version_id === undefined ? {} : { VersionId: version_id }),
      ...(version_stage === undefined ? {} : { VersionStage: version_stage }),
    })
    return clientFor(reference).send(command, { abortSignal })
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
