import { BrokerError } from '../../core/errors.ts'
import type { AwsReference } from './reference.ts'

const THROTTLED = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'LimitExceededException',
  'SlowDown',
])

const DENIED = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'NotAuthorized',
  'UnauthorizedOperation',
  'DecryptionFailure',
])

const NOT_LOGGED_IN = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'UnauthorizedException',
])

const TIMED_OUT = new Set(['TimeoutError', 'ETIMEDOUT', 'ESOCKETTIMEDOUT'])

/** What the SDK calls a time-out as well, and is none. */
const CUT = new Set(['ECONNRESET', 'EPIPE'])

const TLS =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|EPROTO)/

/** True where AWS says that the secret, or this version of it, does not exist. */
export function isNotFound(thrown: unknown): boolean {
  return failureOf(thrown).name === 'ResourceNotFoundException'
}

/** An error of the SDK in our words. Of its own only the name is kept: its text may hold tokens and addresses. */
export function awsFailure(thrown: unknown, reference: AwsReference): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const { name, code, status } = failureOf(thrown)
  const what = `\`${reference.id}\``
  if (THROTTLED.has(name) || status === 429) {
    return new BrokerError('secret_throttled', `AWS Secrets Manager is throttling (${name})`, {
      fix: 'Wait a little, or give the secret a `cache:` in the catalog.',
    })
  }
  if (DENIED.has(name)) {
    return new BrokerError('secret_denied', `AWS does not let keyhand read ${what} (${name})`, {
      fix: 'Allow these credentials `secretsmanager:GetSecretValue` on it, and `kms:Decrypt` on its key.',
    })
  }
  if (NOT_LOGGED_IN.has(name)) {
    return new BrokerError(
      'secret_not_logged_in',
      `AWS credentials are missing, expired or not accepted (${name})`,
      {
        fix:
          reference.profile === undefined
            ? 'Log in (`aws sso login`), or set up credentials that the AWS SDK finds; check the clock as well.'
            : `Run \`aws sso login --profile ${reference.profile}\`, or check that profile's credentials and the clock.`,
      },
    )
  }
  if (!CUT.has(code) && (TIMED_OUT.has(name) || TIMED_OUT.has(code))) {
    return new BrokerError('secret_timeout', 'AWS Secrets Manager did not answer in time', {
      fix: 'Check the network and the `region` or `endpoint` of the secret.',
    })
  }
  if (TLS.test(code)) {
    return new BrokerError(
      'secret_unreachable',
      `the certificate of AWS Secrets Manager is not trusted (${code})`,
      {
        fix: 'Check the `endpoint`; for a private authority start keyhand with NODE_EXTRA_CA_CERTS.',
      },
    )
  }
  if (name === 'InvalidRequestException') {
    return new BrokerError(
      'secret_invalid',
      `AWS cannot give ${what} in its present state (${name})`,
      {
        fix: 'See whether it is scheduled for deletion: `aws secretsmanager describe-secret`.',
      },
    )
  }
  if (name === 'InvalidParameterException' || name === 'ValidationException') {
    return new BrokerError(
      'secret_invalid',
      `AWS does not accept the reference of ${what} (${name})`,
      {
        fix: 'Check `id`, `version_id` and `version_stage` in the catalog.',
      },
    )
  }
  if (thrown instanceof Error && thrown.message === 'Region is missing') {
    return new BrokerError('secret_invalid', `no region is known for ${what}`, {
      fix: 'Add `region:` to the secret in the catalog.',
    })
  }
  return new BrokerError(
    'secret_unreachable',
    `AWS Secrets Manager cannot be reached or answers nonsense (${word(code, name)})`,
    {
      fix: 'Check the network and the `region` or `endpoint` of the secret.',
    },
  )
}

function failureOf(thrown: unknown): { name: string; code: string; status: number } {
  const error = record(thrown)
  const metadata = record(error['$metadata'])
  return {
    name: plain(error['name']),
    code: plain(error['code']),
    status: typeof metadata['httpStatusCode'] === 'number' ? metadata['httpStatusCode'] : 0,
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...pick(value) } : {}
}

/** The four properties that are looked at; an error's own are not all enumerable. */
function pick(value: object): Record<string, unknown> {
  return Object.fromEntries(
    ['name', 'code', '$metadata', 'httpStatusCode'].map((key): [string, unknown] => [
      key,
      Reflect.get(value, key),
    ]),
  )
}

/** An error's name comes from the wire: anything but a plain word is dropped. */
function plain(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(value) ? value : 'unknown'
}

function word(code: string, name: string): string {
  return code === 'unknown' ? name : code
}
