import { BrokerError } from '../../core/errors.ts'
import type { FetchContext } from '../provider.ts'
import { answerFailure, saysThat } from './failure.ts'
import type { Ledger } from './ledger.ts'
import { tokenOf, type VaultToken } from './login.ts'
import { isAlive, type Session } from './session.ts'
import type { VaultApi } from './vault-api.ts'

/** How long what a dead process was lent may outlive it, where nobody gives it back sooner. */
const TTL_SECONDS = 300
const TTL_MS = TTL_SECONDS * 1000

/** The child tokens of this process at one place: leases hang on them, and end with them. */
export interface LendingTokens {
  /** One that lives long enough, noted in the ledger; the caller counts as a holder until it lets go. */
  hold(context: FetchContext): Promise<HeldToken>
  /** Ends all of them. */
  close(signal: AbortSignal): Promise<void>
}

export interface HeldToken {
  /** Its own end, or that of the login that it hangs on, whichever comes first. */
  expiresAt(): number
  readonly secret: VaultToken['secret']
  /** Renews it and the login above it, where half of its time is over. */
  renew(signal: AbortSignal): Promise<void>
  /** After a refusal: false where Vault knows it no longer, and then nobody gets it any more. */
  isAlive(answer: Parameters<typeof isAlive>[2], signal: AbortSignal): Promise<boolean>
  /** Ends it now, where nobody else holds it; true where it is ended. */
  endAlone(signal: AbortSignal): Promise<boolean>
  letGo(signal: AbortSignal): Promise<void>
}

export function createLendingTokens(options: {
  readonly api: VaultApi
  readonly session: Session
  readonly ledger: Ledger
  readonly place: string
  readonly now: () => number
}): LendingTokens {
  const { api, session, ledger, place, now } = options
  const all = new Set<Child>()
  let current: Child | null = null
  let making: Promise<Child> | null = null

  async function make(context: FetchContext): Promise<Child> {
    const body = { ttl: `${TTL_SECONDS}s`, renewable: true, display_name: 'keyhand' }
    const startedAt = now()
    const answer = await session.ask({ method: 'POST', path: 'auth/token/create', body }, context)
    if (answer.status === 403 || saysThat(answer, /batch tokens cannot/i)) throw noChildren()
    if (answer.status !== 200) throw answerFailure(answer, 'a token for leases')
    const token = tokenOf(answer, startedAt, true)
    // INVARIANT: nothing is lent to this token before the ledger has it: a dead process leaves nothing that nobody knows of.
    await ledger.put({ accessor: token.accessor, place, endsAt: token.expiresAt })
    const parent = await session.renew(await session.token(context), context.signal)
    const child = { token, parent, holders: 0 }
    all.add(child)
    return child
  }

  async function take(context: FetchContext): Promise<Child> {
    const { signal } = context
    if (current !== null && endOf(current) - now() < TTL_MS / 2) await renew(current, signal)
    if (current !== null && endOf(current) - now() < TTL_MS / 4) await retire(current, signal)
    if (current !== null) return current
    making ??= make(context).finally(() => {
      making = null
    })
    current = await making
    return current
  }

  async function renew(child: Child, signal: AbortSignal): Promise<void> {
    if (child.parent.expiresAt - now() < TTL_MS)
      child.parent = await session.renew(child.parent, signal)
    // Before, not after: where the process dies in between, the ledger must not think that it is over.
    await ledger.extend(child.token.accessor, now() + TTL_MS)
    child.token = await session.renew(child.token, signal)
  }

  /** No further lease hangs on it; it ends with its last one. */
  async function retire(child: Child, signal: AbortSignal): Promise<void> {
    if (current === child) current = null
    if (child.holders === 0) await end(child, signal)
  }

  async function end(child: Child, signal: AbortSignal): Promise<void> {
    const { secret, accessor } = child.token
    all.delete(child)
    if (current === child) current = null
    const path = 'auth/token/revoke-self'
    const answer = await api.ask({ method: 'POST', path, token: secret, signal })
    // 403: it is gone already. What could not be ended stays in the ledger, for the next process.
    if (answer.status < 300 || answer.status === 403) await ledger.remove(accessor)
  }

  return {
    async hold(context) {
      const child = await take(context)
      child.holders += 1
      let held = true
      return {
        secret: child.token.secret,
        expiresAt: () => endOf(child),
        async renew(signal) {
          if (endOf(child) - now() < TTL_MS * 0.6) await renew(child, signal)
        },
        async isAlive(answer, signal) {
          if (await isAlive(api, child.token, answer, signal)) return true
          if (current === child) current = null
          all.delete(child)
          await ledger.remove(child.token.accessor)
          return false
        },
        async endAlone(signal) {
          if (child.holders > 1) return false
          if (all.has(child)) await end(child, signal)
          return true
        },
        async letGo(signal) {
          if (held) child.holders -= 1
          held = false
          if (child.holders === 0 && child !== current && all.has(child)) await end(child, signal)
        },
      }
    },
    async close(signal) {
      await Promise.allSettled([...all].map((child) => end(child, signal)))
    },
  }
}

interface Child {
  token: VaultToken
  /** The login that it hangs on. */
  parent: VaultToken
  holders: number
}

function endOf({ token, parent }: Child): number {
  return Math.min(token.expiresAt, parent.expiresAt)
}

function noChildren(): BrokerError {
  const message = 'Vault does not let keyhand make the token that its leases hang on'
  return new BrokerError('secret_denied', message, {
    fix: 'Allow it in a policy of this login: `path "auth/token/create" { capabilities = ["update"] }`; a batch token cannot.',
  })
}
