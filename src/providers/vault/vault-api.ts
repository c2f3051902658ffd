import type { Secret } from '../../core/secret.ts'
import { createHttpsJson, type HttpsJsonAnswer } from '../https-json/https-json.ts'
import { healthFailure } from './failure.ts'

export interface VaultRequest {
  readonly method: 'GET' | 'POST'
  /** Below `/v1/`, as people write it: escaped here. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Null where none is needed: a login. */
  readonly token: Secret | null
  readonly body?: object
  readonly signal: AbortSignal
}

/** One server of Vault, in one namespace. */
export interface VaultApi {
  /**
   * @throws BrokerError where nothing answers, where Vault is sealed (`secret_locked`), and where this node is a standby that
   * cannot pass on the request. All else that Vault answers is given back.
   */
  ask(request: VaultRequest): Promise<HttpsJsonAnswer>
  close(): void
}

export interface VaultPlace {
  readonly address: string
  readonly namespace: string | null
  readonly ca: string | null
}

export function createVaultApi({ address, namespace, ca }: VaultPlace): VaultApi {
  const https = createHttpsJson({ address, service: 'Vault', ...(ca === null ? {} : { ca }) })
  return {
    async ask({ method, path, query, token, body, signal }) {
      const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
      const answer = await https.request({
        method,
        path: `/v1/${path.split('/').map(encodeURIComponent).join('/')}${search}`,
        headers: {
          'x-vault-request': 'true',
          ...(namespace === null ? {} : { 'x-vault-namespace': namespace }),
          ...(token === null ? {} : { 'x-vault-token': token.reveal() }),
        },
        ...(body === undefined ? {} : { body }),
        signal,
      })
      if (answer.status < 500 && answer.status !== 472 && answer.status !== 473) return answer
      // Why a node has no answer, it says to everybody; outside of namespaces.
      const health = await https.request({ method: 'GET', path: '/v1/sys/health', signal })
      const failure = healthFailure(health)
      if (failure !== null) throw failure
      return answer
    },
    close: () => https.close(),
  }
}
