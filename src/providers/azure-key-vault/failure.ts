import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { HttpsJsonAnswer } from '../https-json/https-json.ts'
import type { AzureKeyVaultReference } from './reference.ts'
import { disabled } from './value.ts'

/** What an answer means; null for a value, and for one that says that there is none. Key Vault's texts are not passed on. */
export function answerFailure(
  { status, json, retryAfterMs }: HttpsJsonAnswer,
  { name }: AzureKeyVaultReference,
): BrokerError | null {
  const error = isJsonObject(json) && isJsonObject(json['error']) ? json['error'] : {}
  const inner = isJsonObject(error['innererror']) ? error['innererror']['code'] : null
  if (status === 200 && isJsonObject(json)) return null
  if (status === 404 && error['code'] === 'SecretNotFound') return null
  if (status === 401) {
    const message = 'Azure Key Vault does not take this login'
    return new BrokerError('secret_not_logged_in', message, {
      fix: 'Log in to the tenant of the vault, and name it as `tenant_id` in `auth`.',
    })
  }
  if (status === 403 && inner === 'SecretDisabled') return disabled(name)
  if (status === 403 && inner === 'ForbiddenByFirewall') {
    return new BrokerError(
      'secret_denied',
      'the firewall of the Key Vault lets nobody in from here',
      {
        fix: 'Add this machine’s address to the networks of the vault, or use its private endpoint.',
      },
    )
  }
  if (status === 403) {
    return new BrokerError('secret_denied', `Azure does not let keyhand read \`${name}\``, {
      fix: 'Give this identity the role “Key Vault Secrets User”, or `get` (for `rotation: overlap` also `list`) in the access policy.',
    })
  }
  if (status === 429) {
    const when =
      retryAfterMs === null ? '' : `; it may be asked again in ${Math.ceil(retryAfterMs / 1000)} s`
    return new BrokerError('secret_throttled', `Azure Key Vault is throttling${when}`, {
      fix: 'Wait a little, or give the secret a longer `cache:`.',
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    })
  }
  if (status === 400) {
    return new BrokerError('secret_invalid', `Azure Key Vault does not accept the request (400)`, {
      fix: 'Check `name` and `version` in keyhand.yaml.',
    })
  }
  if (status >= 500) {
    return new BrokerError('secret_unreachable', `Azure Key Vault cannot answer (${status})`, {
      fix: 'Try again; see the health of Azure in the region of the vault.',
    })
  }
  return new BrokerError('secret_unreachable', `what answers is not a Key Vault (${status})`, {
    fix: 'Check `vault` or `address` in keyhand.yaml.',
  })
}
