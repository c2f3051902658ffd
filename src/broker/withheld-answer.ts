import { BrokerError } from '../core/errors.ts'
import type { RedactionSession } from '../redaction/redaction-port.ts'

/** An error as the agent may see it: a value in it is redacted, and what cannot be redacted is withheld. */
export function redactedError(error: BrokerError, session: RedactionSession): BrokerError {
  if (error.code === 'redaction_failed') return performedBut(error, 'it could not be redacted')
  try {
    const fix = error.fix === null ? {} : { fix: session.text(error.fix) }
    return new BrokerError(error.code, session.text(error.message), fix)
  } catch {
    return new BrokerError(
      'redaction_failed',
      'the call failed, and why is withheld: it could not be redacted',
    )
  }
}

/** The answer held parts of values often enough to be read from. */
export function probingError(): BrokerError {
  return new BrokerError(
    'redaction_failed',
    'the call was performed, and its answer is withheld: it held parts of secrets',
    {
      fix: 'tell the human: this agent is stopped until they clear it',
    },
  )
}

/** The action took place; why its answer is not shown. */
export function performedBut(error: BrokerError, why: string): BrokerError {
  return new BrokerError(error.code, `the call was performed, and its answer is withheld: ${why}`)
}

/** Something of the call could not be redacted. */
export function redactionFault(): BrokerError {
  return new BrokerError('redaction_failed', 'redaction failed')
}
