import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { HttpsJsonAnswer } from '../https-json/https-json.ts'
import type { FetchContext } from '../provider.ts'
import { badToken, saysThat } from './failure.ts'
import { givenToken, type Login, logIn, type VaultToken } from './login.ts'
import type { VaultApi, VaultRequest } from './vault-api.ts'

/** With less life than this left, a login is not begun anything new with. */
const LEAST_LIFE_MS = 15_000

/** How long a login may take, whoever waits for it: longer than one request, which says better what is wrong. */
const LOGIN_MS = 20_000

/** A login at one place, kept while its token lives. */
export interface Session {
  /** A token that lives, of a login of before or a new one. */
  token(context: FetchContext): Promise<VaultToken>
  /**
   * Asks with it. Where Vault knows the token no longer, it is logged in anew, once.
   *
   * @throws BrokerError as `VaultApi.ask` does, and `secret_not_logged_in`; a 403 that it answers is about the path.
   */
  ask(request: Asking, context: FetchContext): Promise<HttpsJsonAnswer>
  /** The token's own time, which is asked for where it was given and nobody said; longer where it can be renewed. */
  renew(token: VaultToken, signal: AbortSignal): Promise<VaultToken>
  /** Ends a token of a login of this process. */
  logOut(signal: AbortSignal): Promise<void>
}

/** How Vault and OpenBao say that it is not the path that is denied. */
const BAD_TOKEN = /invalid token|bad token/i

type Asking = Omit<VaultRequest, 'token' | 'signal'>

export function createSession(options: {
  readonly api: VaultApi
  readonly auth: Login
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}): Session {
  const { api, auth, env, now } = options
  let current: VaultToken | null = null
  let logging: Promise<VaultToken> | null = null

  async function token(context: FetchContext): Promise<VaultToken> {
    const given = givenToken(auth, env, context)
    if (given !== null) {
      const secret = await given
      // It may have been replaced where it lives.
      if (current === null || !current.secret.equals(secret)) {
        const unknown = { accessor: '', expiresAt: Number.POSITIVE_INFINITY }
        current = { secret, ...unknown, renewable: false, ours: false }
      }
      return current
    }
    if (current !== null && current.expiresAt - now() > LEAST_LIFE_MS) return current
    current = null
    // One login for all who wait; that one of them leaves does not end it.
    logging ??= newLogin({ ...context, signal: AbortSignal.timeout(LOGIN_MS) })
    return unlessAborted(logging, context.signal)
  }

  async function newLogin(context: FetchContext): Promise<VaultToken> {
    try {
      if (auth.type === 'token' || auth.type === 'environment')
        throw new BrokerError('internal', 'a token is not logged in with')
      current = await logIn(api, auth, context, now)
      return current
    } finally {
      logging = null
    }
  }

  async function ask(request: Asking, context: FetchContext): Promise<HttpsJsonAnswer> {
    const { signal } = context
    const used = await token(context)
    const answer = await api.ask({ ...request, token: used.secret, signal })
    if (answer.status !== 403 || (await isAlive(api, used, answer, signal))) return answer
    if (current === used) current = null
    if (!used.ours) throw badToken()
    const fresh = await token(context)
    return api.ask({ ...request, token: fresh.secret, signal })
  }

  return {
    token,
    ask,
    async renew(of, signal) {
      const path = of.renewable ? 'auth/token/renew-self' : 'auth/token/lookup-self'
      const method = of.renewable ? 'POST' : 'GET'
      if (!of.renewable && of.ours) return of
      const startedAt = now()
      const answer = await api.ask({ method, path, token: of.secret, signal })
      const life = answer.status === 200 ? lifeOf(answer, startedAt) : null
      if (life === null) return of
      const renewed = { ...of, ...life }
      if (current?.secret.equals(of.secret) === true) current = renewed
      return renewed
    },
    async logOut(signal) {
      const token = current
      current = null
      if (token?.ours !== true) return
      await api.ask({ method: 'POST', path: 'auth/token/revoke-self', token: token.secret, signal })
    },
  }
}

/** Whether a refusal is about what was asked for, not about the token. */
export async function isAlive(
  api: VaultApi,
  { secret }: VaultToken,
  answer: HttpsJsonAnswer,
  signal: AbortSignal,
): Promise<boolean> {
  if (saysThat(answer, BAD_TOKEN)) return false
  const path = 'auth/token/lookup-self'
  const own = await api.ask({ method: 'GET', path, token: secret, signal })
  // A token without the default policy may not even look at itself.
  return own.status === 200 || !saysThat(own, BAD_TOKEN)
}

/** What `renew-self` says in `auth`, and `lookup-self` in `data`. */
function lifeOf(
  { json }: HttpsJsonAnswer,
  startedAt: number,
): Pick<VaultToken, 'expiresAt' | 'renewable' | 'accessor'> | null {
  const said = isJsonObject(json) ? (json['auth'] ?? json['data']) : null
  if (!isJsonObject(said)) return null
  const seconds = said['lease_duration'] ?? said['ttl']
  if (typeof seconds !== 'number') return null
  return {
    expiresAt: seconds === 0 ? Number.POSITIVE_INFINITY : startedAt + seconds * 1000,
    renewable: said['renewable'] === true,
    accessor: typeof said['accessor'] === 'string' ? said['accessor'] : '',
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new BrokerError('cancelled', 'the fetch was cancelled'))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([promise, work])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
