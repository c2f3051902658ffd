import { BrokerError, type ErrorCode } from '../../core/errors.ts'

/** What was asked of AWS, in words. */
export interface AwsAsked {
  /** `AWS Secrets Manager` */
  readonly service: string
  /** `\`prod/stripe\`` */
  readonly what: string
  /** `read \`prod/stripe\`` */
  readonly doing: string
  /** What to do where it is denied. */
  readonly allow: string
  /** What to do where AWS does not take the reference. */
  readonly check: string
  readonly profile: string | undefined
}

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
  'InvalidKeyId',
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

const INVALID = new Set(['InvalidParameterException', 'ValidationException', 'ValidationError'])

const TIMED_OUT = new Set(['TimeoutError', 'ETIMEDOUT', 'ESOCKETTIMEDOUT'])

/** What the SDK calls a time-out as well, and is none. */
const CUT = new Set(['ECONNRESET', 'EPIPE'])

const TLS =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|EPROTO)/

const NOT_FOUND = new Set([
  'ResourceNotFoundException',
  'ParameterNotFound',
  'ParameterVersionNotFound',
])

/** True where AWS says that the secret or parameter, or this version of it, does not exist. */
export function isNotFound(thrown: unknown): boolean {
  return NOT_FOUND.has(failureOf(thrown).name)
}

/** An error of the SDK in our words. Of its own only the name is kept: its text may hold tokens and addresses. */
export function awsFailure(thrown: unknown, asked: AwsAsked): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const { name, code, status, retryAfterMs } = failureOf(thrown)
  const { service, what, profile } = asked
  if (THROTTLED.has(name) || status === 429) {
    return new BrokerError('secret_throttled', `${service} is throttling (${name})`, {
      fix: 'Wait a little, or give the secret a `cache:` in the catalog.',
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    })
  }
  if (DENIED.has(name)) {
    return new BrokerError('secret_denied', `AWS does not let keyhand ${asked.doing} (${name})`, {
      fix: asked.allow,
    })
  }
  if (NOT_LOGGED_IN.has(name)) {
    return new BrokerError(
      'secret_not_logged_in',
      `AWS credentials are missing, expired or not accepted (${name})`,
      {
        fix:
          profile === undefined
            ? 'Log in (`aws sso login`), or set up credentials that the AWS SDK finds; check the clock as well.'
            : `Run \`aws sso login --profile ${profile}\`, or check that profile's credentials and the clock.`,
      },
    )
  }
  if (!CUT.has(code) && (TIMED_OUT.has(name) || TIMED_OUT.has(code))) {
    return new BrokerError('secret_timeout', `${service} did not answer in time`, {
      fix: 'Check the network and the `region` or `endpoint` of the secret.',
    })
  }
  if (TLS.test(code)) {
    return new BrokerError(
      'secret_unreachable',
      `the certificate of ${service} is not trusted (${code})`,
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
  if (INVALID.has(name)) {
    return new BrokerError(
      'secret_invalid',
      `AWS does not accept the reference of ${what} (${name})`,
      {
        fix: asked.check,
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
    `${service} cannot be reached or answers nonsense (${word(code, name)})`,
    {
      fix: 'Check the network and the `region` or `endpoint` of the secret.',
    },
  )
}

/** What kind of failure it is, where nobody needs to be told in words. */
export function failureCode(thrown: unknown): ErrorCode {
  const nobody = { service: 'AWS', what: '', doing: '', allow: '', check: '', profile: undefined }
  return awsFailure(thrown, nobody).code
}

interface Failure {
  readonly name: string
  readonly code: string
  readonly status: number
  readonly retryAfterMs: number | null
}

function failureOf(thrown: unknown): Failure {
  const status = at(thrown, '$metadata', 'httpStatusCode')
  const wait = at(thrown, '$response', 'headers', 'retry-after')
  return {
    name: plain(at(thrown, 'name')),
    code: plain(at(thrown, 'code')),
    status: typeof status === 'number' ? status : 0,
    retryAfterMs:
      typeof wait === 'string' && /^[0-9]{1,6}$/.test(wait) ? Number(wait) * 1000 : null,
  }
}

/** What stands in a foreign error, whose properties are not all enumerable. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined,
    value,
  )
}

/** An error's name comes from the wire: anything but a plain word is dropped. */
function plain(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(value) ? value : 'unknown'
}

function word(code: string, name: string): string {
  return code === 'unknown' ? name : code
}
