import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { HttpsJsonAnswer } from '../https-json/https-json.ts'

/** Vault's own texts are looked at and never passed on: they may quote what was sent. */
export function saysThat(answer: HttpsJsonAnswer, words: RegExp): boolean {
  const errors: unknown = isJsonObject(answer.json) ? answer.json['errors'] : null
  return Array.isArray(errors) && errors.some((one) => typeof one === 'string' && words.test(one))
}

/** An answer to a login that is no token. */
export function loginFailure(answer: HttpsJsonAnswer, method: string): BrokerError {
  if (![400, 401, 403, 404].includes(answer.status)) return answerFailure(answer, 'the login')
  const message = `Vault does not accept the login by ${method} (${answer.status})`
  return new BrokerError('secret_not_logged_in', message, {
    fix: 'Check `auth` in keyhand.yaml, its `mount`, the `namespace`, and whether the credential has expired or is used up.',
  })
}

/** Vault knows the token no longer, or never did. */
export function badToken(): BrokerError {
  return new BrokerError('secret_not_logged_in', 'the token of Vault has expired, or is none', {
    fix: 'Put a new one where `auth` in keyhand.yaml says, for example with `vault login`, or use `approle`.',
  })
}

/** The token is good, and may not do this. */
export function denied(what: string, policy: string): BrokerError {
  return new BrokerError('secret_denied', `Vault does not let keyhand read ${what}`, {
    fix: `Allow it in a policy of this login: \`${policy}\`; check the path and the namespace too, which look the same to Vault.`,
  })
}

/** Any other answer that is not what was asked for. */
export function answerFailure(answer: HttpsJsonAnswer, what: string): BrokerError {
  const { status } = answer
  if (status === 429) {
    const wait = answer.retryAfterMs
    const when = wait === null ? '' : `; it may be asked again in ${Math.ceil(wait / 1000)} s`
    return new BrokerError('secret_throttled', `Vault is throttling${when}`, {
      fix: 'Wait a little, give the secret a `cache:`, or have the rate limit quota raised.',
      ...(wait === null ? {} : { retryAfterMs: wait }),
    })
  }
  if (status >= 300 && status < 400) return standby('points to another node')
  if (status === 400 || status === 405 || status === 415) {
    return new BrokerError(
      'secret_invalid',
      `Vault does not accept the request for ${what} (${status})`,
      {
        fix: 'Check `path` (and `parameters`, where it has to be written) in keyhand.yaml.',
      },
    )
  }
  if (status < 300) {
    return new BrokerError('secret_unreachable', `what answers for ${what} is not Vault`, {
      fix: 'Check `address` in keyhand.yaml: a proxy or a login page may stand there.',
    })
  }
  return new BrokerError('secret_unreachable', `Vault cannot give ${what} (${status})`, {
    fix: 'See Vault’s log; for a dynamic path, whether what it makes the login in is up.',
  })
}

/** What its health says of a node that answered with an error of the server; null where it is well. */
export function healthFailure({ json }: HttpsJsonAnswer): BrokerError | null {
  if (!isJsonObject(json)) return null
  if (json['initialized'] === false) {
    return new BrokerError('secret_locked', 'Vault is not initialised', {
      fix: 'Initialise it: `vault operator init`.',
    })
  }
  if (json['sealed'] === true) {
    return new BrokerError('secret_locked', 'Vault is sealed', {
      fix: 'Unseal it: `vault operator unseal`.',
    })
  }
  return json['standby'] === true ? standby('reaches no active node') : null
}

function standby(what: string): BrokerError {
  return new BrokerError('secret_unreachable', `this node of Vault is a standby and ${what}`, {
    fix: 'Use the address of the cluster or of its active node as `address`; a token follows no redirect.',
  })
}
