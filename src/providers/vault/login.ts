import { readFile } from 'node:fs/promises'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import type { HttpsJsonAnswer } from '../https-json/https-json.ts'
import type { FetchContext } from '../provider.ts'
import { answerFailure, loginFailure } from './failure.ts'
import type { VaultAuth } from './reference.ts'
import type { VaultApi } from './vault-api.ts'

/** A token of Vault, while it lives. */
export interface VaultToken {
  readonly secret: Secret
  readonly accessor: string
  /** In ms since the epoch; infinite for a token that does not end, and for one of which nobody said. */
  readonly expiresAt: number
  readonly renewable: boolean
  /** Made by a login of this process, which may end it. */
  readonly ours: boolean
}

const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** How to log in; `environment` is what VAULT_TOKEN holds. */
export type Login = VaultAuth | { readonly type: 'environment' }

type OwnLogin = Exclude<Login, { type: 'token' | 'environment' }>

/** The token that somebody else made; null where this login makes one. */
export function givenToken(
  auth: Login,
  env: Readonly<Record<string, string | undefined>>,
  context: FetchContext,
): Promise<Secret> | null {
  if (auth.type === 'environment') return fromEnvironment(env['VAULT_TOKEN'] ?? '')
  if (auth.type !== 'token') return null
  return auth.token === undefined ? fromFile(auth.file ?? '') : context.secret(auth.token)
}

/** Logs in with what the catalog says. @throws BrokerError `secret_not_logged_in` where Vault does not take it. */
export async function logIn(
  api: VaultApi,
  auth: OwnLogin,
  context: FetchContext,
  now: () => number,
): Promise<VaultToken> {
  const { signal } = context
  const path = `auth/${auth.mount ?? auth.type}/login`
  const body = await loginBody(auth, context)
  const startedAt = now()
  const answer = await api.ask({ method: 'POST', path, token: null, body, signal })
  if (answer.status !== 200) throw loginFailure(answer, auth.type)
  return tokenOf(answer, startedAt, true)
}

/** The token that an answer of `login` or `token/create` holds. */
export function tokenOf(answer: HttpsJsonAnswer, startedAt: number, ours: boolean): VaultToken {
  const auth = isJsonObject(answer.json) ? answer.json['auth'] : null
  const {
    client_token: token,
    accessor,
    lease_duration: seconds,
    renewable,
  } = isJsonObject(auth) ? auth : {}
  if (typeof token !== 'string' || typeof seconds !== 'number') {
    throw answerFailure({ ...answer, status: 200 }, 'the login')
  }
  return {
    secret: new Secret('token of vault', token),
    accessor: typeof accessor === 'string' ? accessor : '',
    expiresAt: seconds === 0 ? Number.POSITIVE_INFINITY : startedAt + seconds * 1000,
    renewable: renewable === true,
    ours,
  }
}

async function loginBody(auth: OwnLogin, context: FetchContext): Promise<Record<string, string>> {
  switch (auth.type) {
    case 'approle': {
      const { role_id, secret_id } = auth
      if (secret_id === undefined) return { role_id }
      return { role_id, secret_id: (await context.secret(secret_id)).reveal() }
    }
    case 'kubernetes':
      return { role: auth.role, jwt: (await fromFile(auth.file ?? POD_TOKEN)).reveal() }
    case 'jwt': {
      const jwt = auth.jwt === undefined ? fromFile(auth.file ?? '') : context.secret(auth.jwt)
      return { ...(auth.role === undefined ? {} : { role: auth.role }), jwt: (await jwt).reveal() }
    }
  }
}

async function fromEnvironment(token: string): Promise<Secret> {
  if (token !== '') return new Secret('VAULT_TOKEN', token)
  throw new BrokerError('secret_not_logged_in', 'VAULT_TOKEN is not set', {
    fix: 'Set it where keyhand is started, or write `auth` in keyhand.yaml.',
  })
}

/** Read at each login: who puts it there puts a new one there before it expires. */
async function fromFile(path: string): Promise<Secret> {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    if (text !== '') return new Secret('login of vault', text)
  } catch {
    // Why does not matter: there is nothing to log in with.
  }
  throw new BrokerError(
    'secret_not_logged_in',
    `the file \`${path}\` holds nothing to log in with`,
    {
      fix: 'Check `auth` in keyhand.yaml, and that whoever writes this file has done so.',
    },
  )
}
