import { readFile } from 'node:fs/promises'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Secret } from '../../core/secret.ts'
import { createHttpsJson, type HttpsJson } from '../https-json/https-json.ts'
import type { FetchContext, FetchedSecret } from '../provider.ts'
import { answerFailure } from './failure.ts'
import { loginFailure, type MakeCredential } from './login.ts'
import { type AzureKeyVaultReference, addressOf, authorityOf, scopeOf } from './reference.ts'
import { fetchedOf, versionOf } from './value.ts'

/** Key Vaults, asked by their REST API (2025-07-01). */
export interface Vaults {
  read(reference: AzureKeyVaultReference, context: FetchContext): Promise<FetchedSecret | null>
}

const API = 'api-version=2025-07-01'
const MOST_PAGES = 20

export function createVaults(options: {
  readonly makeCredential: MakeCredential
  readonly now: () => number
}): Vaults {
  const clients = new Map<string, HttpsJson>()
  type Credential = ReturnType<MakeCredential>
  const logins = new Map<string, { readonly secret: Secret | null; readonly by: Credential }>()

  async function clientOf(reference: AzureKeyVaultReference): Promise<HttpsJson> {
    const address = addressOf(reference)
    const ca = reference.ca === undefined ? null : await authorityIn(reference.ca)
    const key = JSON.stringify([address, ca])
    const service = 'Azure Key Vault'
    const client =
      clients.get(key) ?? createHttpsJson({ address, service, ...(ca === null ? {} : { ca }) })
    clients.set(key, client)
    return client
  }

  async function tokenFor(reference: AzureKeyVaultReference, context: FetchContext) {
    const auth = reference.auth ?? { type: 'default' }
    const address = addressOf(reference)
    const secret = auth.type === 'client_secret' ? await context.secret(auth.secret) : null
    const key = JSON.stringify([auth, authorityOf(address)])
    const known = logins.get(key)
    const same = known !== undefined && (secret === null || known.secret?.equals(secret) === true)
    try {
      const by = same ? known.by : options.makeCredential(auth, secret, authorityOf(address))
      logins.set(key, { secret, by })
      const token = await by.getToken(scopeOf(address), { abortSignal: context.signal })
      if (token === null) throw new Error('no token')
      return token.token
    } catch (thrown) {
      throw loginFailure(thrown, context.signal)
    }
  }

  /** Null where Key Vault says that there is no such secret or version. */
  async function ask(
    path: string,
    reference: AzureKeyVaultReference,
    context: FetchContext,
  ): Promise<JsonObject | null> {
    const https = await clientOf(reference)
    const answer = await https.request({
      method: 'GET',
      path,
      headers: { authorization: `Bearer ${await tokenFor(reference, context)}` },
      signal: context.signal,
    })
    const failure = answerFailure(answer, reference)
    if (failure !== null) throw failure
    return answer.status === 200 && isJsonObject(answer.json) ? answer.json : null
  }

  async function previousOf(
    reference: AzureKeyVaultReference,
    context: FetchContext,
  ): Promise<string | null> {
    const current = await ask(`/secrets/${reference.name}?${API}`, reference, context)
    if (current === null) return null
    const { version, createdAt } = versionOf(current)
    const older: { readonly version: string; readonly createdAt: number }[] = []
    let path: string | null = `/secrets/${reference.name}/versions?${API}`
    for (let page = 0; path !== null && page < MOST_PAGES; page += 1) {
      const listed: JsonObject | null = await ask(path, reference, context)
      const values: unknown = listed?.['value']
      for (const one of Array.isArray(values) ? values : []) {
        const found = versionOf(one)
        if (!found.enabled || found.version === version || found.version === null) continue
        if ((found.createdAt ?? 0) > (createdAt ?? 0)) continue
        older.push({ version: found.version, createdAt: found.createdAt ?? 0 })
      }
      path = nextPath(listed?.['nextLink'], addressOf(reference))
    }
    older.sort((a, b) => b.createdAt - a.createdAt)
    return older[0]?.version ?? null
  }

  return {
    async read(reference, context) {
      const previous = context.version === 'previous' && reference.version === undefined
      const version = previous ? await previousOf(reference, context) : (reference.version ?? '')
      if (version === null) return null
      const path = `/secrets/${reference.name}${version === '' ? '' : `/${version}`}?${API}`
      const found = await ask(path, reference, context)
      return found === null ? null : fetchedOf(found, reference, context.name, options.now())
    },
  }
}

/** The next page is asked for at the same place, wherever the answer points to. */
function nextPath(link: unknown, address: string): string | null {
  if (typeof link !== 'string' || !URL.canParse(link)) return null
  const { origin, pathname, search } = new URL(link)
  return origin === new URL(address).origin ? `${pathname}${search}` : null
}

async function authorityIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new BrokerError('secret_invalid', `the authority \`${file}\` cannot be read`, {
      fix: 'Correct `ca` in keyhand.yaml.',
    })
  }
}
