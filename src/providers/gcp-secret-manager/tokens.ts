import { createHash } from 'node:crypto'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { createHttpsJson, type HttpsJson, type HttpsJsonAnswer } from '../https-json/https-json.ts'
import { howToLogIn, tokenFailure } from './failure.ts'
import { assertionOf, type Login } from './login.ts'
import type { GcpReference } from './reference.ts'

/** An access token, while it lives. */
export interface GcpToken {
  readonly secret: Secret
  /** The project that a user's requests are counted for. */
  readonly quota: string | null
}

export interface Tokens {
  /** @throws BrokerError `secret_not_logged_in` where the login is not taken. */
  get(login: Login, reference: GcpReference, signal: AbortSignal): Promise<GcpToken>
  /** The one that was given last was refused: it is not given again. */
  drop(token: GcpToken): void
}

const GOOGLE = 'https://oauth2.googleapis.com/token'
const SERVICE = 'Google’s token service'
const METADATA = 'the metadata server'
const METADATA_PATH = '/computeMetadata/v1/instance/service-accounts/default/token'

/** A token is not begun to be used in the last minute of its life. */
const MARGIN_MS = 60_000

export function createTokens(options: {
  readonly now: () => number
  readonly metadata: string
}): Tokens {
  const { now } = options
  const kept = new Map<string, { readonly token: GcpToken; readonly expiresAt: number }>()
  const pending = new Map<string, Promise<GcpToken>>()
  const places = new Map<string, HttpsJson>()

  function place(address: string, service: string): HttpsJson {
    const known = places.get(address)
    if (known !== undefined) return known
    const made = createHttpsJson({
      address,
      service,
      timeoutMs: service === METADATA ? 2_000 : 10_000,
    })
    places.set(address, made)
    return made
  }

  async function fromGoogle(
    form: Readonly<Record<string, string>>,
    endpoint: string,
    signal: AbortSignal,
  ): Promise<HttpsJsonAnswer> {
    const { origin, pathname } = new URL(endpoint)
    return place(origin, SERVICE).request({ method: 'POST', path: pathname, form, signal })
  }

  async function fromMetadata(
    reference: GcpReference,
    signal: AbortSignal,
  ): Promise<HttpsJsonAnswer> {
    const headers = { 'metadata-flavor': 'Google' }
    const request = { method: 'GET', path: METADATA_PATH, headers, signal } as const
    try {
      const answer = await place(options.metadata, METADATA).request(request)
      if (answer.status !== 404) return answer
    } catch (thrown) {
      if (signal.aborted) throw thrown
    }
    throw new BrokerError(
      'secret_not_logged_in',
      'this machine has no login for Google: neither gcloud’s nor one of the platform',
      { fix: howToLogIn(reference) },
    )
  }

  async function ask(
    login: Login,
    reference: GcpReference,
    signal: AbortSignal,
  ): Promise<HttpsJsonAnswer> {
    const endpoint = reference.token_endpoint ?? GOOGLE
    switch (login.type) {
      case 'metadata':
        return fromMetadata(reference, signal)
      case 'user':
        return fromGoogle(login.form, endpoint, signal)
      case 'service_account': {
        const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
        const assertion = assertionOf(login, endpoint, now())
        return fromGoogle({ grant_type, assertion }, endpoint, signal)
      }
    }
  }

  function make(
    key: string,
    login: Login,
    reference: GcpReference,
    signal: AbortSignal,
  ): Promise<GcpToken> {
    const work = askForToken(key, login, reference, signal).finally(() => pending.delete(key))
    pending.set(key, work)
    return work
  }

  async function askForToken(
    key: string,
    login: Login,
    reference: GcpReference,
    signal: AbortSignal,
  ): Promise<GcpToken> {
    const startedAt = now()
    const answer = await ask(login, reference, signal)
    const { access_token: value, expires_in: seconds } = isJsonObject(answer.json)
      ? answer.json
      : {}
    if (answer.status !== 200 || typeof value !== 'string' || typeof seconds !== 'number') {
      throw tokenFailure(answer, login.type === 'metadata' ? METADATA : SERVICE, reference)
    }
    const quota = login.type === 'user' ? login.quota : null
    const token = { secret: new Secret('access token of Google', value), quota }
    kept.set(key, { token, expiresAt: startedAt + seconds * 1000 })
    return token
  }

  return {
    async get(login, reference, signal) {
      const key = keyOf(login, reference)
      for (;;) {
        const known = kept.get(key)
        if (known !== undefined && known.expiresAt - MARGIN_MS > now()) return known.token
        const others = pending.get(key)
        const work = others ?? make(key, login, reference, signal)
        try {
          return await work
        } catch (thrown) {
          // Who asked for all has left: somebody else has to.
          const left = others !== undefined && isCancelled(thrown) && !signal.aborted
          if (!left) throw thrown
        }
      }
    },
    drop(token) {
      for (const [key, one] of kept) if (one.token === token) kept.delete(key)
    },
  }
}

function isCancelled(thrown: unknown): boolean {
  return thrown instanceof BrokerError && thrown.code === 'cancelled'
}

/** A login that was rotated has another key. */
function keyOf(login: Login, { token_endpoint: endpoint }: GcpReference): string {
  const text = JSON.stringify([login.type, endpoint, secretPartOf(login)])
  return createHash('sha256').update(text).digest('hex')
}

function secretPartOf(login: Login): unknown {
  switch (login.type) {
    case 'metadata':
      return null
    case 'user':
      return [login.form, login.quota]
    case 'service_account':
      return [login.email, login.key.export({ type: 'pkcs8', format: 'pem' })]
  }
}
