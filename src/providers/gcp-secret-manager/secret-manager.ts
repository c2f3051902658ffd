import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { createHttpsJson, type HttpsJson, type HttpsJsonAnswer } from '../https-json/https-json.ts'
import { type FetchContext, type FetchedSecret, VALUE_FIELD } from '../provider.ts'
import { crc32c } from './crc32c.ts'
import { answerFailure, statusWord } from './failure.ts'
import { findLogin, type Platform } from './login.ts'
import type { GcpReference } from './reference.ts'
import { createTokens } from './tokens.ts'

export interface SecretManager {
  fetch(reference: GcpReference, context: FetchContext): Promise<FetchedSecret | null>
}

export interface SecretManagerOptions {
  readonly now: () => number
  readonly platform: Platform
  /** Where the metadata server of a machine at Google is. */
  readonly metadata: string
}

/** What was read: its bytes, and which version that is. */
interface Version {
  readonly value: string
  readonly number: number
}

/** Secret Manager's REST API, v1. */
export function createSecretManager(options: SecretManagerOptions): SecretManager {
  const tokens = createTokens(options)
  const places = new Map<string, HttpsJson>()
  /** Logins that may read values and not what stands beside them are not asked for it again. */
  const blind = new Set<string>()

  function placeOf(reference: GcpReference): HttpsJson {
    const address = reference.endpoint ?? addressOf(reference)
    const known = places.get(address)
    if (known !== undefined) return known
    const made = createHttpsJson({ address, service: 'Google Secret Manager' })
    places.set(address, made)
    return made
  }

  /** Asks with a token, and once more with a new one where it was refused. */
  async function ask(
    reference: GcpReference,
    path: string,
    context: FetchContext,
  ): Promise<HttpsJsonAnswer> {
    const { signal } = context
    const login = await findLogin(reference, options.platform, context)
    const once = async () => {
      const token = await tokens.get(login, reference, signal)
      const headers = {
        authorization: `Bearer ${token.secret.reveal()}`,
        ...(token.quota === null ? {} : { 'x-goog-user-project': token.quota }),
      }
      return {
        token,
        answer: await placeOf(reference).request({ method: 'GET', path, headers, signal }),
      }
    }
    const { token, answer } = await once()
    if (answer.status !== 401) return answer
    tokens.drop(token)
    return (await once()).answer
  }

  async function access(
    reference: GcpReference,
    version: string | number,
    context: FetchContext,
  ): Promise<Version | null> {
    const answer = await ask(reference, `${versionPath(reference, version)}:access`, context)
    // A proxy's 404 says nothing of a secret.
    if (answer.status === 404 && statusWord(answer) === 'NOT_FOUND') return null
    if (answer.status !== 200) throw answerFailure(answer, reference)
    return versionOf(answer, reference)
  }

  /** Best effort: it needs `secretmanager.versions.get`, which those who may read the value do not always have. */
  async function createdAt(
    reference: GcpReference,
    version: number,
    context: FetchContext,
  ): Promise<number | null> {
    const { project, name, service_account_key: key, endpoint } = reference
    const who = JSON.stringify([project, name, key, endpoint])
    if (blind.has(who)) return null
    try {
      const { status, json } = await ask(reference, versionPath(reference, version), context)
      if (status === 403) blind.add(who)
      const time = status === 200 && isJsonObject(json) ? json['createTime'] : null
      const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
      return Number.isNaN(at) ? null : at
    } catch (thrown) {
      if (context.signal.aborted) throw thrown
      return null
    }
  }

  return {
    async fetch(reference, context) {
      if (context.signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
      const found = await access(reference, reference.version ?? 'latest', context)
      if (found === null) return null
      const previous = context.version === 'previous'
      if (previous && found.number < 2) return null
      const wanted = previous ? await access(reference, found.number - 1, context) : found
      if (wanted === null) return null
      return {
        fields: new Map([[VALUE_FIELD, new Secret(context.name, wanted.value)]]),
        version: String(wanted.number),
        createdAt: await createdAt(reference, wanted.number, context),
        lease: null,
      }
    },
  }
}

function addressOf({ location }: GcpReference): string {
  return location === undefined
    ? 'https://secretmanager.googleapis.com'
    : `https://secretmanager.${location}.rep.googleapis.com`
}

function versionPath({ project, name, location }: GcpReference, version: string | number): string {
  const parts = ['projects', project, ...(location === undefined ? [] : ['locations', location])]
  const path = [...parts, 'secrets', name, 'versions', String(version)]
  return `/v1/${path.map(encodeURIComponent).join('/')}`
}

function versionOf({ json }: HttpsJsonAnswer, { name }: GcpReference): Version {
  const { name: full, payload } = isJsonObject(json) ? json : {}
  const { data, dataCrc32c: sum } = isJsonObject(payload) ? payload : {}
  const number = typeof full === 'string' ? Number(/\/versions\/([0-9]+)$/.exec(full)?.[1]) : 0
  if (!(number > 0) || (data !== undefined && typeof data !== 'string')) {
    throw new BrokerError('secret_unreachable', 'what answers is not Google Secret Manager', {
      fix: 'Check the network and `endpoint`: a proxy or a login page may stand there.',
    })
  }
  const bytes = Buffer.from(data ?? '', 'base64')
  if (bytes.length === 0) {
    throw new BrokerError('secret_invalid', `\`${name}\` is empty in Google Secret Manager`, {
      fix: 'Add a version that holds the value: `gcloud secrets versions add`.',
    })
  }
  const isSum = typeof sum === 'string' || typeof sum === 'number'
  if (isSum && Number(sum) !== crc32c(bytes)) {
    throw new BrokerError('secret_unreachable', `the value of \`${name}\` arrived damaged`, {
      fix: 'Try again; else see what stands between this machine and Google.',
    })
  }
  return { value: textOf(bytes), number }
}

/** A binary value is its text where it is UTF-8, else its base64. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes.toString('base64')
  }
}
