import type { AuditEvent } from '../audit/audit-event.ts'
import { composeRecords } from '../compose.ts'
import { asBrokerError } from '../core/errors.ts'
import type { Io } from './io.ts'

type Change = NonNullable<AuditEvent['change']>

/** What a change came to, and what the trail is told of that. */
export interface Changed<T> {
  readonly result: T
  readonly change?: Change
}

/**
 * Makes a change between two records of it: nothing is changed where the first cannot be written. Both say whether somebody
 * sat at a terminal, since an agent with a shell can run every command of its user.
 *
 * @param about what is changed. INVARIANT: never a value.
 * @throws BrokerError `audit_unavailable`; what `work` throws, which the second record names by its code.
 */
export async function withRecord<T>(
  io: Io,
  about: { readonly what: string; readonly agent?: string; readonly change?: Change },
  work: () => Promise<Changed<T>>,
): Promise<T> {
  const { trail, close } = await composeRecords(io.places)
  const event = (step: string, change: Change = {}): AuditEvent => ({
    kind: 'admin',
    ...(about.agent === undefined ? {} : { agent: about.agent }),
    reason: about.what,
    change: { what: about.what, step, terminal: io.terminal !== null, ...about.change, ...change },
  })
  try {
    await trail.append(event('begun'))
    try {
      const { result, change } = await work()
      await trail.append(event('done', change))
      return result
    } catch (thrown) {
      const error = asBrokerError(thrown)
      // A trail that fails here has the first record, and the error that is thrown says more.
      await trail.append({ ...event('failed'), error: { code: error.code } }).catch(() => undefined)
      throw error
    }
  } finally {
    await close()
  }
}
