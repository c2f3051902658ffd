import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isJsonObject } from '../../../src/core/json.ts'
import { crc32c } from '../../../src/providers/gcp-secret-manager/crc32c.ts'

/** One version of a secret of the fake. */
export interface GcpFakeVersion {
  readonly value: string | Uint8Array
  readonly state?: 'ENABLED' | 'DISABLED' | 'DESTROYED'
  readonly createTime?: string
}

export interface GcpFake {
  readonly url: string
  readonly tokenEndpoint: string
  /** The JSON key of a service account that it knows. */
  readonly serviceAccountKey: string
  /** By `projects/P/secrets/S`; the first is version 1. */
  readonly secrets: Map<string, GcpFakeVersion[]>
  /** `METHOD path` of each request so far. */
  readonly requests: string[]
  /** The headers of the last request to Secret Manager. */
  lastHeaders: IncomingMessage['headers']
  /** Answers instead of Secret Manager, where it is set. */
  answer: ((response: ServerResponse, path: string) => boolean) | null
  /** Answers instead of the token endpoint, where it is set. */
  tokenAnswer: ((response: ServerResponse) => void) | null
  /** No token that was given so far is good any more. */
  revokeTokens(): void
  stop(): Promise<void>
}

const EMAIL = 'reader@demo.iam.gserviceaccount.com'
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/**
 * A fake of Google Secret Manager v1, of Google's token endpoint and of the metadata server, made from their published
 * descriptions. It checks what they check: the signature and claims of an assertion, tokens, the flavor header.
 */
export async function startGcpFake(): Promise<GcpFake> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const tokens = new Set<string>()
  let count = 0

  const newToken = (response: ServerResponse) => {
    count += 1
    const access_token = `ya29.fake-${count}`
    tokens.add(access_token)
    json(response, 200, { access_token, expires_in: 3599, token_type: 'Bearer' })
  }

  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      const path = request.url ?? ''
      fake.requests.push(`${request.method} ${path}`)
      if (path === '/token') {
        if (fake.tokenAnswer !== null) fake.tokenAnswer(response)
        else if (isLogin(body, fake.tokenEndpoint, publicKey)) newToken(response)
        else json(response, 400, { error: 'invalid_grant', error_description: body })
        return
      }
      if (path === '/computeMetadata/v1/instance/service-accounts/default/token') {
        if (request.headers['metadata-flavor'] === 'Google') newToken(response)
        else response.writeHead(403).end()
        return
      }
      fake.lastHeaders = request.headers
      if (fake.answer?.(response, path) === true) return
      if (!tokens.has((request.headers.authorization ?? '').replace('Bearer ', ''))) {
        gcpError(response, 401, 'UNAUTHENTICATED')
        return
      }
      secretManager(response, path, fake.secrets)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  const fake: GcpFake = {
    url,
    tokenEndpoint: `${url}/token`,
    serviceAccountKey: JSON.stringify({
      type: 'service_account',
      project_id: 'demo',
      private_key_id: 'key-1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: EMAIL,
      token_uri: 'https://evil.example/token',
    }),
    secrets: new Map(),
    requests: [],
    lastHeaders: {},
    answer: null,
    tokenAnswer: null,
    revokeTokens: () => tokens.clear(),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return fake
}

/** An error as Google's APIs have it (AIP-193). The message holds what a real one may: it must never be passed on. */
export function gcpError(
  response: ServerResponse,
  code: number,
  status: string,
  reason = 'X',
  message = '',
): void {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }]
  json(response, code, { error: { code, status, message, details } })
}

function secretManager(
  response: ServerResponse,
  path: string,
  secrets: ReadonlyMap<string, readonly GcpFakeVersion[]>,
): void {
  const parts =
    /^\/v1\/(projects\/[^/]+(?:\/locations\/[^/]+)?\/secrets\/[^/]+)\/versions\/([^/:]+)(:access)?$/.exec(
      path,
    )
  const [, secret = '', wanted = '', access] = parts ?? []
  const versions = secrets.get(secret) ?? []
  const number = wanted === 'latest' ? versions.length : Number(wanted)
  const version = versions[number - 1]
  if (version === undefined) {
    gcpError(response, 404, 'NOT_FOUND')
    return
  }
  const { value, state = 'ENABLED', createTime = '2026-11-01T10:00:00.123456Z' } = version
  const name = `${secret.replace(/^projects\/[^/]+/, 'projects/123456')}/versions/${number}`
  if (access === undefined) {
    json(response, 200, { name, createTime, state })
  } else if (state !== 'ENABLED') {
    gcpError(response, 400, 'FAILED_PRECONDITION')
  } else {
    const bytes = Buffer.from(value)
    const dataCrc32c = String(crc32c(bytes))
    json(response, 200, { name, payload: { data: bytes.toString('base64'), dataCrc32c } })
  }
}

function isLogin(body: string, audience: string, key: KeyObject): boolean {
  const form = Object.fromEntries(new URLSearchParams(body))
  if (form['grant_type'] === 'refresh_token') {
    return form['refresh_token'] === 'refresh' && form['client_secret'] === 'client secret'
  }
  if (form['grant_type'] !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return false
  const [header = '', claims = '', signature = ''] = (form['assertion'] ?? '').split('.')
  const signed = Buffer.from(`${header}.${claims}`)
  if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) return false
  const { alg, kid } = decoded(header)
  const { iss, scope, aud, iat, exp } = decoded(claims)
  const now = Date.now() / 1000
  const inTime = Number(iat) <= now + 5 && Number(exp) > now && Number(exp) - Number(iat) <= 3600
  return (
    alg === 'RS256' &&
    kid === 'key-1' &&
    iss === EMAIL &&
    scope === SCOPE &&
    aud === audience &&
    inTime
  )
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
  return isJsonObject(value) ? value : {}
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify(value))
}
