/**
 * What went wrong, in a word that code and people can act on.
 *
 * `not_found` is only ever "the reference names nothing"; a denied, locked or unreachable place has its own code,
 * because a denied read that becomes "not found" is a vulnerability.
 */
export type ErrorCode =
  // configuration
  | 'config_invalid'
  | 'config_unsafe'
  // secrets and their providers
  | 'secret_not_found'
  | 'secret_denied'
  | 'secret_locked'
  | 'secret_not_logged_in'
  | 'secret_throttled'
  | 'secret_unreachable'
  | 'secret_timeout'
  | 'secret_invalid'
  | 'secret_conflict'
  // upstreams
  | 'upstream_unreachable'
  | 'upstream_timeout'
  | 'upstream_tls'
  | 'upstream_address_refused'
  | 'upstream_invalid'
  // the broker's own parts
  | 'cancelled'
  | 'audit_unavailable'
  | 'state_unavailable'
  | 'redaction_failed'
  | 'policy_failed'
  | 'usage'
  | 'internal'

/**
 * The one error of keyhand. Its message never holds a secret's value: lower case, no full stop, user input in
 * backticks, what is wrong and what would be right.
 *
 * `cause` is only ever an error of our own: those of libraries carry tokens and claims, so keep their code in `detail`.
 */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly code: ErrorCode
  /** What a human should do next, as one imperative sentence; null where the message says it all. */
  readonly fix: string | null
  /** How long whoever was asked wants to be left alone, in ms (`Retry-After`); null where it did not say. */
  readonly retryAfterMs: number | null

  constructor(
    code: ErrorCode,
    message: string,
    options: { fix?: string; cause?: BrokerError; retryAfterMs?: number } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.fix = options.fix ?? null
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** Any thrown thing as an error of ours; a foreign one keeps nothing but its kind, since its text may hold a value. */
export function asBrokerError(thrown: unknown): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const kind = thrown instanceof Error ? kindOf(thrown) : typeof thrown
  return new BrokerError('internal', `an unexpected ${kind} inside keyhand`)
}

// An error's `name` may be what an upstream said (the AWS SDK sets it so); its class is named in code.
function kindOf(thrown: Error): string {
  const { name } = thrown.constructor
  return /^[A-Za-z]{1,40}$/.test(name) ? name : 'Error'
}
