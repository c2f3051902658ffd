import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { FetchContext } from '../provider.ts'
import { howToLogIn } from './failure.ts'
import type { GcpReference } from './reference.ts'

/** What an access token is asked for with. */
export type Login =
  | {
      readonly type: 'service_account'
      readonly email: string
      readonly key: KeyObject
      readonly keyId: string | null
    }
  | {
      readonly type: 'user'
      readonly form: Readonly<Record<string, string>>
      readonly quota: string | null
    }
  | { readonly type: 'metadata' }

/** Where the platform keeps its identity. */
export interface Platform {
  readonly home: string
  readonly windows: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

const HOUR_S = 3600

/** Finds what to log in with. @throws BrokerError where there is none that can be used. */
export async function findLogin(
  reference: GcpReference,
  platform: Platform,
  context: FetchContext,
): Promise<Login> {
  const { service_account_key: name } = reference
  if (name !== undefined) {
    const key = await context.secret(name)
    const login = loginOf(key.reveal())
    if (login?.type === 'service_account') return login
    throw new BrokerError(
      'secret_invalid',
      `the secret \`${name}\` is not the JSON key of a service account`,
      { fix: 'Store the whole file that `gcloud iam service-accounts keys create` wrote.' },
    )
  }
  const given =
    reference.from_environment === true ? platform.env['GOOGLE_APPLICATION_CREDENTIALS'] : ''
  const named = given !== undefined && given !== ''
  const path = named
    ? given
    : join(gcloudFolder(reference, platform), 'application_default_credentials.json')
  const text = await textOf(path)
  if (text === null && !named) return { type: 'metadata' }
  const login = text === null ? null : loginOf(text)
  if (login !== null) return login
  throw new BrokerError(
    'secret_not_logged_in',
    `\`${path}\` holds no login that keyhand can use (a user’s, or a service account’s)`,
    { fix: howToLogIn(reference) },
  )
}

/** A signed claim to be that account (RFC 7523), good for an hour. */
export function assertionOf(
  { email, key, keyId }: Extract<Login, { type: 'service_account' }>,
  audience: string,
  nowMs: number,
): string {
  // A clock that is ahead of Google's by a little makes no difference so.
  const iat = Math.floor(nowMs / 1000) - 10
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === null ? {} : { kid: keyId }) }
  const scope = 'https://www.googleapis.com/auth/cloud-platform'
  const claims = { iss: email, scope, aud: audience, iat, exp: iat + HOUR_S }
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

function gcloudFolder(reference: GcpReference, { home, windows, env }: Platform): string {
  const given = reference.from_environment === true ? env['CLOUDSDK_CONFIG'] : ''
  if (given !== undefined && given !== '') return given
  return windows ? join(home, 'AppData', 'Roaming', 'gcloud') : join(home, '.config', 'gcloud')
}

/** A file's text; null where there is none. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null
    throw new BrokerError('secret_not_logged_in', `\`${path}\` cannot be read`, {
      fix: 'Check who may read it.',
    })
  }
}

/** A key or a user's login as gcloud writes it; null for anything else. */
function loginOf(text: string): Login | null {
  const json = parsed(text)
  if (json === null) return null
  const at = (name: string) => (typeof json[name] === 'string' ? json[name] : '')
  if (json['type'] === 'service_account') {
    const key = privateKey(at('private_key'))
    const keyId = at('private_key_id') === '' ? null : at('private_key_id')
    return key === null || at('client_email') === ''
      ? null
      : { type: 'service_account', email: at('client_email'), key, keyId }
  }
  if (json['type'] !== 'authorized_user') return null
  const names = ['client_id', 'client_secret', 'refresh_token']
  if (names.some((name) => at(name) === '')) return null
  const form = Object.fromEntries(names.map((name) => [name, at(name)]))
  const quota = at('quota_project_id') === '' ? null : at('quota_project_id')
  return { type: 'user', form: { ...form, grant_type: 'refresh_token' }, quota }
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const json: unknown = JSON.parse(text)
    return isJsonObject(json) ? json : null
  } catch {
    return null
  }
}

function privateKey(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'rsa' ? key : null
  } catch {
    return null
  }
}
