import { BrokerError } from '../../core/errors.ts'
import type { FetchContext } from '../provider.ts'
import { answerFailure, saysThat } from './failure.ts'
import type { Ledger, LedgerToken } from './ledger.ts'
import type { Session } from './session.ts'

/** After this long past its end, a token of a dead process is gone by itself. */
const GRACE_MS = 60_000

/** Ends the tokens of dead processes, and with them what they were lent; how many. @throws BrokerError where Vault does not. */
export async function sweepOrphans(options: {
  readonly session: Session
  readonly ledger: Ledger
  readonly now: () => number
  readonly orphans: readonly LedgerToken[]
  readonly context: FetchContext
}): Promise<number> {
  const { session, ledger, now, orphans, context } = options
  let ended = 0
  for (const { accessor, endsAt } of orphans) {
    if (endsAt + GRACE_MS > now()) {
      const path = 'auth/token/revoke-accessor'
      const answer = await session.ask({ method: 'POST', path, body: { accessor } }, context)
      const gone = answer.status < 300 || saysThat(answer, /invalid accessor/i)
      if (answer.status === 403 && !gone) throw mayNotSweep()
      if (!gone) throw answerFailure(answer, 'the end of a dead process’s leases')
      ended += 1
    }
    await ledger.remove(accessor)
  }
  return ended
}

function mayNotSweep(): BrokerError {
  const message = 'Vault does not let keyhand end the leases that a dead process left'
  return new BrokerError('secret_denied', message, {
    fix: 'Allow it in a policy of this login: `path "auth/token/revoke-accessor" { capabilities = ["update"] }`; without it they end within 5 minutes.',
  })
}
