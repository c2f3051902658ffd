import {
  AzureCliCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from '@azure/identity'
import { BrokerError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { AzureAuth } from './reference.ts'

/** Makes what gives tokens; the authority is said, so that AZURE_AUTHORITY_HOST has no say. */
export type MakeCredential = (
  auth: AzureAuth,
  secret: Secret | null,
  authorityHost: string,
) => Pick<TokenCredential, 'getToken'>

/** By Microsoft's own library, which keeps tokens in memory until they expire. */
export const makeCredential: MakeCredential = (auth, secret, authorityHost) => {
  switch (auth.type) {
    case 'default': {
      const { tenant_id: tenantId } = auth
      const tenant = tenantId === undefined ? {} : { tenantId }
      return new DefaultAzureCredential({ authorityHost, ...tenant })
    }
    case 'client_secret':
      return new ClientSecretCredential(
        auth.tenant_id,
        auth.client_id,
        secret?.reveal().trim() ?? '',
        { authorityHost },
      )
    case 'managed_identity':
      return auth.client_id === undefined
        ? new ManagedIdentityCredential()
        : new ManagedIdentityCredential({ clientId: auth.client_id })
    case 'cli':
      return new AzureCliCredential(
        auth.tenant_id === undefined ? {} : { tenantId: auth.tenant_id },
      )
  }
}

const NETWORK = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|network_error/

/** What the library threw. Its texts quote requests, so they are looked at and not passed on. */
export function loginFailure(thrown: unknown, signal: AbortSignal): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  if (signal.aborted) return new BrokerError('cancelled', 'the fetch was cancelled')
  const text = thrown instanceof Error ? thrown.message : ''
  if (NETWORK.test(text)) {
    return new BrokerError('secret_unreachable', 'the login of Azure cannot be reached', {
      fix: 'Check the network, and that this machine reaches `login.microsoftonline.com`.',
    })
  }
  return new BrokerError('secret_not_logged_in', 'nothing here is logged in to Azure', {
    fix: 'Run `az login`, use a managed identity, or correct `auth` in keyhand.yaml: a client secret may have expired.',
  })
}
