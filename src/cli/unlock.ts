import { composeSecretsFile } from '../compose-owner.ts'
import { asBrokerError, BrokerError } from '../core/errors.ts'
import { withRecord } from './admin-record.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'
import { takePassphrase } from './secret/value.ts'

export interface UnlockOptions {
  readonly hours?: string
  readonly lock?: boolean
}

/** `keyhand unlock`: puts what opens the encrypted file where servers find it, or takes it away. */
export async function unlock(io: Io, { hours, lock }: UnlockOptions): Promise<ExitCode> {
  const file = composeSecretsFile(io)
  const signal = new AbortController().signal
  if ((await file.status()).identity !== 'passphrase') {
    throw new BrokerError('usage', 'there is nothing to unlock: no passphrase protects this home', {
      fix: 'Where you want one, make the encrypted file with `keyhand init --passphrase`.',
    })
  }
  if (lock === true) {
    if (hours !== undefined)
      throw new BrokerError('usage', '`--lock` and `--hours` do not go together')
    const locked = await withRecord(io, { what: 'lock' }, async () => {
      const result = await file.lock(signal)
      return { result, change: { was_unlocked: result } }
    })
    io.say(locked ? 'Locked.' : 'It was locked already.')
    io.data({ locked: true, was_unlocked: locked })
    return EXIT.ok
  }
  const into =
    hours === undefined
      ? { into: 'keychain' as const }
      : { into: 'socket' as const, hours: hoursOf(hours) }
  const passphrase = await takePassphrase(io, 'Passphrase (hidden):')
  const until = await withRecord(io, { what: 'unlock', change: { into: into.into } }, async () => {
    const result = await file
      .unlock(passphrase, into, signal)
      .catch((thrown: unknown) => Promise.reject(withOtherWay(asBrokerError(thrown))))
    return { result, change: { until: result === null ? null : new Date(result).toISOString() } }
  })
  const time = until === null ? null : new Date(until).toISOString()
  io.say(
    `Unlocked until ${time ?? '`keyhand unlock --lock`: the OS keychain holds what opens it'}.`,
  )
  io.data({ locked: false, into: into.into, until: time })
  return EXIT.ok
}

function hoursOf(text: string): number {
  const hours = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Number(text) : 0
  if (hours > 0 && hours <= 168) return hours
  throw new BrokerError('usage', '`--hours` must be a number above 0 and at most 168')
}

/** A machine without a keychain has the other way. */
function withOtherWay(error: BrokerError): BrokerError {
  if (error.code !== 'secret_unreachable' && error.code !== 'secret_locked') return error
  const fix = 'Unlock it in memory instead: `keyhand unlock --hours 8`.'
  return new BrokerError(error.code, error.message, { fix, cause: error })
}
