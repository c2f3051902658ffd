import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createAzureKeyVaultProvider } from '../../../src/providers/azure-key-vault/azure-key-vault.ts'
import type { MakeCredential } from '../../../src/providers/azure-key-vault/login.ts'
import {
  type AzureKeyVaultReference,
  authorityOf,
  scopeOf,
} from '../../../src/providers/azure-key-vault/reference.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  type ProviderFailure,
  thrownBy,
} from '../../contract/secret-provider.ts'
import { type Certificate, makeCertificate } from '../../support/servers/certificate.ts'
import {
  type JsonAnswer,
  type JsonFake,
  json,
  startJsonFake,
} from '../../support/servers/json-fake.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const seconds = (ms: number) => Math.floor(ms / 1000)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-azure-')))
const ca = join(folder, 'ca.pem')
let tls: Certificate
beforeAll(() => {
  tls = makeCertificate()
  writeFileSync(ca, tls.cert)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const running: JsonFake[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()))
})

const bundle = (version: string, attributes: object = {}, value = CANARY) => ({
  value,
  id: `https://my-vault.vault.azure.net/secrets/stripe/${version}`,
  attributes: { enabled: true, created: seconds(NOW) - 100, ...attributes },
})
const refusal = (status: number, code: string, inner?: string): JsonAnswer =>
  json(status, {
    error: {
      code,
      message: CANARY,
      ...(inner === undefined ? {} : { innererror: { code: inner } }),
    },
  })

/** A fake of a Key Vault over TLS, from the published API: for whoever has the token. */
async function fakeVault(routes: Record<string, JsonAnswer> = {}): Promise<JsonFake> {
  const known: Record<string, JsonAnswer> = {
    '/secrets/stripe': json(200, bundle('v3')),
    ...routes,
  }
  const fake = await startJsonFake((request, response) => {
    const [path = '', query] = request.url.split('?')
    const answer =
      request.headers.authorization !== 'Bearer good-token'
        ? refusal(401, 'Unauthorized')
        : query?.startsWith('api-version=2025-07-01') === true
          ? (known[path] ?? refusal(404, 'SecretNotFound'))
          : refusal(400, 'BadParameter')
    answer(request, response)
  }, tls)
  running.push(fake)
  return fake
}

function makeLogin(token: string | Error = 'good-token') {
  const asked: { type: string; secret: string | undefined; authority: string; scope: unknown }[] =
    []
  const makeCredential: MakeCredential = ({ type }, secret, authority) => ({
    async getToken(scope) {
      asked.push({ type, secret: secret?.reveal(), authority, scope })
      if (token instanceof Error) throw token
      return { token, expiresOnTimestamp: NOW + 3_600_000 }
    },
  })
  return { makeCredential, asked }
}
const make = (token?: string | Error) =>
  createAzureKeyVaultProvider({ now: () => NOW, ...makeLogin(token) })
const at = (address: string, more: Partial<AzureKeyVaultReference> = {}) => ({
  ...{ address, ca, name: 'stripe' },
  ...more,
})

function failing(
  code: ProviderFailure<object>['code'],
  message: RegExp,
  answer: JsonAnswer,
  token?: string | Error,
): ProviderFailure<AzureKeyVaultReference> {
  return {
    code,
    message,
    async setup() {
      const { url } = await fakeVault({ '/secrets/stripe': answer })
      return { provider: make(token), reference: at(url) }
    },
  }
}

const ok = json(200, bundle('v3'))
describeSecretProvider('azure-key-vault on a fake', {
  store: false,
  async setup() {
    const { url, stop } = await fakeVault()
    running.pop()
    return {
      provider: make(),
      present: at(url),
      absent: at(url, { name: 'other' }),
      writable: null,
      versions: true,
      stop,
    }
  },
  failures: {
    'it is disabled': failing(
      'secret_invalid',
      /`stripe` is disabled/,
      refusal(403, 'Forbidden', 'SecretDisabled'),
    ),
    'it is not valid yet': failing(
      'secret_invalid',
      /not valid before 2026-11-23T12:01:00/,
      json(200, bundle('v3', { nbf: seconds(NOW) + 60 })),
    ),
    'it has expired': failing(
      'secret_invalid',
      /expired at 2026-11-23T11:59:00/,
      json(200, bundle('v3', { exp: seconds(NOW) - 60 })),
    ),
    'the role is missing': failing(
      'secret_denied',
      /does not let keyhand read/,
      refusal(403, 'Forbidden', 'ForbiddenByRbac'),
    ),
    'the firewall is in the way': failing(
      'secret_denied',
      /firewall/,
      refusal(403, 'Forbidden', 'ForbiddenByFirewall'),
    ),
    'the login is of another tenant': failing(
      'secret_not_logged_in',
      /does not take this login/,
      ok,
      'other',
    ),
    'nobody is logged in': failing(
      'secret_not_logged_in',
      /nothing here is logged in/,
      ok,
      new Error(`CredentialUnavailableError ${CANARY}`),
    ),
    'the login cannot be reached': failing(
      'secret_unreachable',
      /login of Azure cannot be reached/,
      ok,
      new Error(`getaddrinfo ENOTFOUND ${CANARY}`),
    ),
    'it is asked too often': failing(
      'secret_throttled',
      /asked again in 5 s/,
      json(429, {}, { 'retry-after': '5' }),
    ),
    'it is down': failing('secret_unreachable', /\(503\)/, json(503, {})),
    'something else answers': failing('secret_unreachable', /is not a Key Vault/, json(404, {})),
    'the value is empty': failing(
      'secret_invalid',
      /has no value/,
      json(200, bundle('v3', {}, '')),
    ),
  },
})

describe('azure-key-vault on a fake', () => {
  it('gives the version and when it was made, and one version by its ID', async () => {
    const { url } = await fakeVault({ '/secrets/stripe/v1': json(200, bundle('v1', {}, 'old')) })
    const current = await make().fetch(at(url), contextOf())
    expect([current?.version, current?.createdAt]).toEqual(['v3', NOW - 100_000])
    const one = await make().fetch(at(url, { version: 'v1' }), contextOf())
    expect([one?.version, one?.fields.get('value')?.reveal()]).toEqual(['v1', 'old'])
    await expect(make().fetch(at(url, { version: 'v9' }), contextOf())).resolves.toBeNull()
  })

  it('gives the newest enabled version before the current one, over all pages', async () => {
    const old = (version: string, age: number, attributes = {}) =>
      bundle(version, { created: seconds(NOW) - age, ...attributes })
    const fake = await fakeVault({
      '/secrets/stripe/v2': json(200, bundle('v2', {}, 'the one before')),
      '/secrets/stripe/versions': (request, response) => {
        const second = request.url.includes('$skiptoken=2')
        const nextLink = `${fake.url}/secrets/stripe/versions?api-version=2025-07-01&$skiptoken=2`
        const first = { value: [old('v0', 900), old('v3', 100)], nextLink }
        const rest = { value: [old('vx', 150, { enabled: false }), old('v2', 200)], nextLink: null }
        json(200, second ? rest : first)(request, response)
      },
    })
    const previous = { ...contextOf(), version: 'previous' as const }
    const found = await make().fetch(at(fake.url), previous)
    expect([found?.version, found?.fields.get('value')?.reveal()]).toEqual(['v2', 'the one before'])
  })

  it('asks for no page at another place, whoever the answer names', async () => {
    const elsewhere = await fakeVault()
    const list = { value: [], nextLink: `${elsewhere.url}/secrets/stripe/versions?api-version=x` }
    const { url } = await fakeVault({ '/secrets/stripe/versions': json(200, list) })
    const previous = { ...contextOf(), version: 'previous' as const }
    await expect(make().fetch(at(url), previous)).resolves.toBeNull()
    expect(elsewhere.requests).toEqual([])
  })

  it('gives a field of a value that is JSON, and says where it is none', async () => {
    const value = JSON.stringify({ password: CANARY })
    const { url } = await fakeVault({ '/secrets/stripe': json(200, bundle('v3', {}, value)) })
    const fetched = await make().fetch(at(url, { key: 'password' }), contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
    const error = await thrownBy(make().fetch(at(url, { key: 'user' }), contextOf()))
    expect([error.code, error.message]).toEqual([
      'secret_invalid',
      '`stripe` is no JSON with a field `user`',
    ])
    expect(everyTextOf(error)).not.toContain(CANARY)
  })

  it('logs in with a client secret of the catalog, for the cloud that the address is of', async () => {
    const { url } = await fakeVault()
    const login = makeLogin()
    const provider = createAzureKeyVaultProvider({ now: () => NOW, ...login })
    const auth = {
      ...({ type: 'client_secret', tenant_id: 't', client_id: 'c', secret: 'az' } as const),
    }
    const reference = at(url, { auth })
    expect(provider.needs(reference)).toEqual(['az'])
    const secret = async (name: string) => new Secret(name, 'client-secret')
    await provider.fetch(reference, { ...contextOf(), secret })
    expect(login.asked).toEqual([
      {
        type: 'client_secret',
        secret: 'client-secret',
        authority: 'https://login.microsoftonline.com',
        scope: 'https://vault.azure.net/.default',
      },
    ])
    expect(scopeOf('https://a.vault.azure.cn')).toBe('https://vault.azure.cn/.default')
    expect(authorityOf('https://a.vault.azure.cn')).toBe('https://login.chinacloudapi.cn')
    expect(scopeOf('https://evil-vault.azure.cn')).toBe('https://vault.azure.net/.default')
  })

  it('does not trust a certificate of another authority', async () => {
    const { url } = await fakeVault()
    const { ca: _ca, ...reference } = at(url)
    const error = await thrownBy(make().fetch(reference, contextOf()))
    expect([error.code, error.message]).toEqual([
      'secret_unreachable',
      'the certificate of Azure Key Vault is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ])
  })

  it('says that nobody is logged in where Microsoft’s own library finds no `az`', async () => {
    const { url } = await fakeVault()
    const provider = createAzureKeyVaultProvider({ now: () => NOW })
    const error = await thrownBy(provider.fetch(at(url, { auth: { type: 'cli' } }), contextOf()))
    expect(error.code).toBe('secret_not_logged_in')
  })

  it.each([
    [{ name: 'a' }, 'vault'],
    [{ vault: 'my-vault', address: 'https://a.vault.azure.net', name: 'a' }, 'vault'],
    [{ vault: 'my-vault', name: '../keys/a' }, 'name'],
    [{ vault: 'evil.example/', name: 'a' }, 'vault'],
    [{ vault: 'my-vault', name: 'a', version: 'x/y' }, 'version'],
    [{ address: 'http://vault.example', name: 'a' }, 'address'],
  ])('refuses the reference %j', (reference, path) => {
    const { error } = make().reference.safeParse(reference)
    expect(error?.issues[0]?.path.join('.')).toBe(path)
  })
})
