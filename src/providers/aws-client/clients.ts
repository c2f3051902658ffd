import { createHash } from 'node:crypto'
import { BrokerError } from '../../core/errors.ts'
import type { FetchContext } from '../provider.ts'
import { type AwsConnection, placeOfConnection } from './connection.ts'

/** An access key as the SDK takes it. */
export interface AwsKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** What a client of the SDK is made with, whatever its service. */
export interface ClientConfig {
  readonly requestHandler: {
    connectionTimeout: number
    requestTimeout: number
    throwOnRequestTimeout: boolean
    httpsAgent: { rejectUnauthorized: boolean }
  }
  readonly ignoreConfiguredEndpointUrls: boolean
  readonly logger: Record<'debug' | 'info' | 'warn' | 'error', () => void>
  readonly maxAttempts: number
  readonly region?: string
  readonly profile?: string
  readonly endpoint?: string
  readonly credentials?: AwsKey | (() => Promise<AwsKey>)
}

/** One client of the SDK for each place and login that references name, so that connections and credentials are kept. */
export interface AwsClients<Client> {
  /** @throws BrokerError as the secrets do that the connection logs in with. */
  to(
    connection: AwsConnection,
    region: string | undefined,
    context: Pick<FetchContext, 'secret'>,
  ): Promise<Client>
}

export function createAwsClients<Client>(
  make: (config: ClientConfig) => Client,
): AwsClients<Client> {
  const kept = new Map<string, { readonly digest: string; readonly client: Client }>()
  return {
    async to(connection, region, context) {
      const key = await givenKey(connection, context)
      const place = placeOfConnection(connection, region)
      // A key that was rotated makes another client, and the old one is forgotten.
      const digest = createHash('sha256').update(JSON.stringify(key)).digest('hex')
      const known = kept.get(place)
      if (known?.digest === digest) return known.client
      const client = make(clientConfig(connection, region, key))
      kept.set(place, { digest, client })
      return client
    },
  }
}

/** Work that ends when the signal does: the SDK looks at it while it waits for an answer, not between two attempts. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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

async function givenKey(
  { credentials }: AwsConnection,
  context: Pick<FetchContext, 'secret'>,
): Promise<AwsKey | null> {
  if (credentials === undefined) return null
  const {
    access_key_id: accessKeyId,
    secret_access_key: secret,
    session_token: token,
  } = credentials
  const secretAccessKey = (await context.secret(secret)).reveal()
  if (token === undefined) return { accessKeyId, secretAccessKey }
  return { accessKeyId, secretAccessKey, sessionToken: (await context.secret(token)).reveal() }
}

/** What a client is made with: everything that the environment could turn against us is said here. */
function clientConfig(
  connection: AwsConnection,
  region: string | undefined,
  key: AwsKey | null,
): ClientConfig {
  const { profile, endpoint, assume_role: role } = connection
  const bounded = {
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED has no say. An agent of its own takes no proxy from the environment.
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 8_000,
      throwOnRequestTimeout: true,
      httpsAgent: { rejectUnauthorized: true },
    },
    ignoreConfiguredEndpointUrls: connection.from_environment !== true,
    // The SDK would write warnings to stderr.
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  }
  const inherited = {
    // The SDK hands these on to its credential chain: its calls to STS and SSO are bound in the same way, and a profile or
    // login that changed is seen without a restart. (Not in its types; `test/providers/aws-environment.test.ts` holds it.)
    clientConfig: bounded,
    ignoreCache: true,
  }
  const base = {
    ...inherited,
    ...bounded,
    // One more than the first: the SDK corrects a wrong clock by it. Patience is not the client's but the resolver's.
    maxAttempts: 2,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(key === null ? {} : { credentials: key }),
  }
  const to = endpoint === undefined ? {} : { endpoint }
  if (role === undefined) return { ...base, ...to }
  const sts = { ...base, ...(role.endpoint === undefined ? {} : { endpoint: role.endpoint }) }
  let assume: (() => Promise<AwsKey>) | null = null
  return {
    ...base,
    ...to,
    // The SDK keeps what this gives until it is about to expire.
    async credentials() {
      assume ??= (await import('./assume-role.ts')).assumeRole(role, sts, profile)
      return assume()
    },
  }
}

function nothing(): void {}
