import { BrokerError } from '../../core/errors.ts'

/** What the SDK threw. It has few classes, so its words are looked at; they are not passed on. */
export function sdkFailure(thrown: unknown): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  const kind = thrown instanceof Error ? thrown.constructor.name : ''
  const says = (words: RegExp) => words.test(text)
  if (kind === 'RateLimitExceededError' || says(/rate limit/i)) {
    return new BrokerError('secret_throttled', '1Password is throttling this service account', {
      fix: 'Give the secret a longer `cache:`; its limits are per hour and per day.',
    })
  }
  if (says(/permission|forbidden/i)) {
    return new BrokerError('secret_denied', 'this service account of 1Password may not read that', {
      fix: 'Give it access to the vault or the environment; that is chosen when it is made.',
    })
  }
  if (kind === 'AuthExpiredError' || says(/service account|not authenticated|unauthorized/i)) {
    return new BrokerError(
      'secret_not_logged_in',
      '1Password does not take the token of this service account',
      {
        fix: 'Put a valid token (`ops_…`) into the secret that `service_account` names; it may have expired or been revoked.',
      },
    )
  }
  if (says(/timeout|timed out/i)) {
    return new BrokerError('secret_timeout', '1Password did not answer in time', {
      fix: 'Check the network.',
    })
  }
  return new BrokerError('secret_unreachable', '1Password could not be asked', {
    fix: 'Check the network, and that this machine reaches the address of your 1Password account.',
  })
}
