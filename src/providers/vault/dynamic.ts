import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { HttpsJsonAnswer } from '../https-json/https-json.ts'
import type { FetchContext, FetchedSecret, Lease } from '../provider.ts'
import { answerFailure, denied } from './failure.ts'
import { fieldsOf } from './fields.ts'
import { noVersions } from './kv.ts'
import type { HeldToken, LendingTokens } from './lending-token.ts'
import type { VaultReference } from './reference.ts'
import type { VaultApi } from './vault-api.ts'

interface Lender {
  readonly api: VaultApi
  readonly tokens: LendingTokens
  readonly now: () => number
}

/** Asks a dynamic path, which makes something for this process: mostly a lease. */
export async function readDynamic(
  lender: Lender,
  reference: VaultReference,
  context: FetchContext,
): Promise<FetchedSecret | null> {
  if (reference.version !== undefined) throw noVersions(reference)
  // What was made for another call is not a version before this one.
  if (context.version === 'previous') return null
  const { signal } = context
  const first = await ask(lender, reference, context)
  if (first.answer.status !== 403 || (await first.held.isAlive(first.answer, signal))) {
    return fetchedOf(lender, reference, context, first)
  }
  await first.held.letGo(signal)
  return fetchedOf(lender, reference, context, await ask(lender, reference, context))
}

interface Asked {
  readonly held: HeldToken
  readonly answer: HttpsJsonAnswer
  readonly askedAt: number
}

async function ask(
  lender: Lender,
  reference: VaultReference,
  context: FetchContext,
): Promise<Asked> {
  const { path, parameters } = reference
  const held = await lender.tokens.hold(context)
  const askedAt = lender.now()
  const how =
    parameters === undefined
      ? ({ method: 'GET' } as const)
      : ({ method: 'POST', body: parameters } as const)
  try {
    const { signal } = context
    const answer = await lender.api.ask({ path, token: held.secret, signal, ...how })
    return { held, answer, askedAt }
  } catch (thrown) {
    await letGoAnyway(held)
    throw thrown
  }
}

async function fetchedOf(
  lender: Lender,
  reference: VaultReference,
  { name }: FetchContext,
  { held, answer, askedAt }: Asked,
): Promise<FetchedSecret | null> {
  const { path } = reference
  let lease: Lease | null = null
  try {
    if (answer.status === 404) return null
    const may = reference.parameters === undefined ? 'read' : 'update'
    if (answer.status === 403) {
      throw denied(`\`${path}\``, `path "${path}" { capabilities = ["${may}"] }`)
    }
    if (answer.status !== 200 || !isJsonObject(answer.json)) {
      throw answerFailure(answer, `\`${path}\``)
    }
    lease = leaseOf(lender, held, answer.json, askedAt)
    const fields = fieldsOf(answer.json['data'], reference, name)
    const made = { fields, version: null, createdAt: null, lease }
    lease = null
    return made
  } finally {
    // What was lent and cannot be used goes back; without a lease nothing hangs on the token.
    const lent = answer.status === 200 && isJsonObject(answer.json) && hasLease(answer.json)
    if (lease !== null) await lease.revoke(AbortSignal.timeout(5_000)).catch(() => {})
    else if (!lent) await letGoAnyway(held)
  }
}

function hasLease(json: Readonly<Record<string, unknown>>): boolean {
  return typeof json['lease_id'] === 'string' && json['lease_id'] !== ''
}

function leaseOf(
  lender: Lender,
  held: HeldToken,
  json: Readonly<Record<string, unknown>>,
  askedAt: number,
): Lease | null {
  if (!hasLease(json)) return null
  const id = String(json['lease_id'])
  const ms = Number(json['lease_duration']) * 1000
  return vaultLease(lender, held, {
    id,
    ms,
    endsAt: askedAt + ms,
    renewable: json['renewable'] === true,
  })
}

/** A lease as it stands in Vault, without the end of the token that it hangs on. */
interface Term {
  readonly id: string
  /** What was granted last. */
  readonly ms: number
  readonly endsAt: number
  readonly renewable: boolean
}

function vaultLease(lender: Lender, held: HeldToken, term: Term): Lease {
  const { api, now } = lender
  return {
    id: term.id,
    expiresAt: Math.min(term.endsAt, held.expiresAt()),
    // Also where the lease itself is not: the token that it hangs on is short-lived.
    renewable: true,
    async renew(signal) {
      await held.renew(signal)
      if (!term.renewable || term.endsAt - now() > term.ms / 2)
        return vaultLease(lender, held, term)
      const askedAt = now()
      const answer = await api.ask({
        method: 'POST',
        path: 'sys/leases/renew',
        token: held.secret,
        body: { lease_id: term.id },
        signal,
      })
      if (answer.status !== 200 || !isJsonObject(answer.json)) {
        throw answerFailure(answer, 'more time for a lease')
      }
      const ms = Number(answer.json['lease_duration']) * 1000
      const renewable = answer.json['renewable'] === true
      return vaultLease(lender, held, { id: term.id, ms, endsAt: askedAt + ms, renewable })
    },
    async revoke(signal) {
      const answer = await api.ask({
        method: 'POST',
        path: 'sys/leases/revoke',
        token: held.secret,
        body: { lease_id: term.id, sync: true },
        signal,
      })
      const gone = answer.status < 300 || answer.status === 404 || answer.status === 400
      // Without that permission it ends with its token, at once where nothing else hangs on it.
      const ended = gone || (answer.status === 403 && (await held.endAlone(signal)))
      if (ended) await held.letGo(signal)
      else throw mayNotRevoke()
    },
  }
}

function mayNotRevoke(): BrokerError {
  const message = 'Vault does not let keyhand give back a lease before this process ends'
  return new BrokerError('secret_denied', message, {
    fix: 'Allow it in a policy of this login: `path "sys/leases/revoke" { capabilities = ["update"] }`.',
  })
}

async function letGoAnyway(held: HeldToken): Promise<void> {
  await held.letGo(AbortSignal.timeout(5_000)).catch(() => {})
}
