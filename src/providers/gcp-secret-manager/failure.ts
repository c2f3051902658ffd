import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { HttpsJsonAnswer } from '../https-json/https-json.ts'
import type { GcpReference } from './reference.ts'

const SERVICE = 'Google Secret Manager'

/** `NOT_FOUND`, as Google's errors have it; null where the answer is no error of Google's. */
export function statusWord({ json }: HttpsJsonAnswer): string | null {
  const word = errorOf(json)['status']
  return typeof word === 'string' && /^[A-Z_]{1,40}$/.test(word) ? word : null
}

/** An answer that is no value. Google's own texts are never passed on: they may quote what was sent. */
export function answerFailure(answer: HttpsJsonAnswer, reference: GcpReference): BrokerError {
  const { status } = answer
  const word = statusWord(answer)
  const what = `\`${reference.name}\` of the project \`${reference.project}\``
  if (status === 429 || word === 'RESOURCE_EXHAUSTED') return throttled(SERVICE, answer)
  if (status === 401 && word !== null) {
    return new BrokerError(
      'secret_not_logged_in',
      `Google does not take the access token (${word})`,
      {
        fix: howToLogIn(reference),
      },
    )
  }
  if (status === 403 && saysReason(answer, 'SERVICE_DISABLED')) {
    return new BrokerError(
      'secret_denied',
      `Secret Manager is not switched on in the project of ${what}`,
      { fix: 'Run `gcloud services enable secretmanager.googleapis.com` for it.' },
    )
  }
  if (status === 403 && word !== null) {
    return new BrokerError('secret_denied', `Google does not let keyhand read ${what} (${word})`, {
      fix: 'Grant this login `roles/secretmanager.secretAccessor` on the secret; check `project` too.',
    })
  }
  if (word === 'FAILED_PRECONDITION') {
    return new BrokerError('secret_invalid', `this version of ${what} is disabled or destroyed`, {
      fix: 'Enable it, or name another `version`.',
    })
  }
  if (word === 'INVALID_ARGUMENT') {
    return new BrokerError('secret_invalid', `Google does not accept the reference of ${what}`, {
      fix: 'Check `project`, `name`, `version` and `location` in keyhand.yaml.',
    })
  }
  return unreachable(SERVICE, status, '`endpoint`')
}

/** An answer to a request for a token that is none. */
export function tokenFailure(
  answer: HttpsJsonAnswer,
  service: string,
  reference: GcpReference,
): BrokerError {
  if (answer.status === 429) return throttled(service, answer)
  // RFC 6749, 5.2
  const word: unknown = isJsonObject(answer.json) ? answer.json['error'] : null
  if ([400, 401, 403].includes(answer.status) && typeof word === 'string') {
    const plain = /^[a-z_]{1,40}$/.test(word) ? word : 'refused'
    return new BrokerError('secret_not_logged_in', `Google does not accept the login (${plain})`, {
      fix: howToLogIn(reference),
    })
  }
  return unreachable(service, answer.status, '`token_endpoint`')
}

/** What to do where a login is not taken. */
export function howToLogIn({ service_account_key: key }: GcpReference): string {
  return key === undefined
    ? 'Run `gcloud auth application-default login`, or give this machine a service account.'
    : `Check that the key in \`${key}\` is not deleted and its account not disabled, and the clock of this machine.`
}

function throttled(service: string, { retryAfterMs }: HttpsJsonAnswer): BrokerError {
  return new BrokerError('secret_throttled', `${service} is throttling`, {
    fix: 'Wait a little, give the secret a `cache:`, or have the quota of the project raised.',
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  })
}

function unreachable(service: string, status: number, field: string): BrokerError {
  return status >= 500
    ? new BrokerError('secret_unreachable', `${service} has a fault of its own (${status})`, {
        fix: 'Try again; else see status.cloud.google.com.',
      })
    : new BrokerError('secret_unreachable', `what answers is not ${service} (${status})`, {
        fix: `Check the network and ${field}: a proxy or a login page may stand there.`,
      })
}

function saysReason({ json }: HttpsJsonAnswer, reason: string): boolean {
  const details: unknown = errorOf(json)['details']
  return (
    Array.isArray(details) && details.some((one) => isJsonObject(one) && one['reason'] === reason)
  )
}

function errorOf(json: unknown): Readonly<Record<string, unknown>> {
  const error = isJsonObject(json) ? json['error'] : null
  return isJsonObject(error) ? error : {}
}
