import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import type { FetchContext } from '../../../src/providers/provider.ts'
import type { Ledger } from '../../../src/providers/vault/ledger.ts'
import type { VaultReference } from '../../../src/providers/vault/reference.ts'
import { createVaultProvider } from '../../../src/providers/vault/vault.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  type ProviderFailure,
  thrownBy,
} from '../../contract/secret-provider.ts'
import {
  type JsonAnswer,
  type JsonFake,
  json,
  startJsonFake,
} from '../../support/servers/json-fake.ts'

const running: JsonFake[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()))
})

const noLedger: Ledger = {
  put: async () => {},
  extend: async () => {},
  remove: async () => {},
  orphans: async () => [],
}

const make = (env: Record<string, string> = {}) =>
  createVaultProvider({ env, now: Date.now, ledger: noLedger })

/** A context that has the token of the tests. */
function contextWith(values: Record<string, string> = { vault_token: 'hvs.token' }): FetchContext {
  return {
    ...contextOf(),
    async secret(name) {
      const value = values[name]
      if (value === undefined) throw new Error(`no ${name}`)
      return new Secret(name, value)
    },
  }
}

const at = (address: string, more: Partial<VaultReference> = {}): VaultReference => ({
  path: 'secret/app',
  address,
  auth: { type: 'token', token: 'vault_token' },
  ...more,
})

const WELL = { initialized: true, sealed: false, standby: false }
const MOUNT = { data: { path: 'secret/', type: 'kv', options: { version: '2' } } }
const says = (status: number, error: string) => json(status, { errors: [error, CANARY] })

/** A fake of Vault: routes below /v1, and what all else is answered with. */
async function fakeVault(
  routes: Record<string, JsonAnswer> = {},
  rest: JsonAnswer = says(500, 'internal error'),
): Promise<JsonFake> {
  const known: Record<string, JsonAnswer> = {
    'sys/health': json(200, WELL),
    'sys/internal/ui/mounts/secret/app': json(200, MOUNT),
    'auth/token/lookup-self': json(200, { data: { ttl: 0 } }),
    ...routes,
  }
  const fake = await startJsonFake((request, response) => {
    const route = request.url.replace(/^\/v1\//, '').replace(/\?.*$/, '')
    const answer = known[route] ?? rest
    answer(request, response)
  })
  running.push(fake)
  return fake
}

/** The provider with its token at hand: the contract's own contexts have no other secret. */
function withToken(provider = make()) {
  return {
    ...provider,
    fetch: (reference: VaultReference, context: FetchContext) =>
      provider.fetch(reference, { ...context, secret: contextWith().secret }),
  }
}

function failing(
  code: ProviderFailure<object>['code'],
  message: RegExp,
  routes: Record<string, JsonAnswer>,
  rest?: JsonAnswer,
): ProviderFailure<VaultReference> {
  return {
    code,
    message,
    async setup() {
      const { url } = await fakeVault(routes, rest)
      return { provider: withToken(), reference: at(url) }
    },
  }
}

const DATA = 'secret/data/app'
const kv = (version: number, data: unknown, more: object = {}) => ({
  data: { data, metadata: { version, created_time: '2026-11-23T10:00:00.5Z', ...more } },
})

let contractFake: JsonFake
describeSecretProvider('vault on a fake', {
  store: false,
  async setup() {
    contractFake = await startJsonFake((request, response) => {
      const other = request.url.endsWith('/other')
      const answer = request.url.includes('/ui/mounts/')
        ? json(200, MOUNT)
        : other
          ? json(404, { errors: [] })
          : json(200, kv(3, { value: CANARY }))
      answer(request, response)
    })
    return {
      provider: withToken(),
      present: at(contractFake.url),
      absent: at(contractFake.url, { path: 'secret/other' }),
      writable: null,
      versions: true,
      stop: () => contractFake.stop(),
    }
  },
  failures: {
    'the path is denied': failing('secret_denied', /does not let keyhand read `secret\/app`$/, {
      [DATA]: says(403, 'permission denied'),
    }),
    'not even the mount may be seen': failing('secret_denied', /does not let keyhand read/, {
      'sys/internal/ui/mounts/secret/app': says(403, 'permission denied'),
    }),
    'the token is none': failing('secret_not_logged_in', /expired, or is none/, {
      [DATA]: says(403, 'permission denied, invalid token'),
    }),
    'the token is over, and only its own look says so': failing(
      'secret_not_logged_in',
      /expired, or is none/,
      { [DATA]: says(403, 'permission denied'), 'auth/token/lookup-self': says(403, 'bad token') },
    ),
    'Vault is sealed': failing('secret_locked', /^Vault is sealed$/, {
      [DATA]: says(503, 'Vault is sealed'),
      'sys/health': json(503, { ...WELL, sealed: true }),
    }),
    'Vault is not initialised': failing('secret_locked', /^Vault is not initialised$/, {
      [DATA]: says(501, 'not initialised'),
      'sys/health': json(501, { initialized: false, sealed: true, standby: true }),
    }),
    'the node is a standby without an active one': failing(
      'secret_unreachable',
      /^this node of Vault is a standby and reaches no active node$/,
      {
        [DATA]: says(500, 'local node not active but active cluster node not found'),
        'sys/health': json(429, { ...WELL, standby: true }),
      },
    ),
    'the node is a standby that redirects': failing(
      'secret_unreachable',
      /^this node of Vault is a standby and points to another node$/,
      { [DATA]: json(307, {}, { location: 'https://other.example.com/' }) },
    ),
    'it throttles': failing(
      'secret_throttled',
      /^Vault is throttling; it may be asked again in 9 s$/,
      {
        [DATA]: json(429, { errors: ['quota'] }, { 'retry-after': '9' }),
      },
    ),
    'it has a fault': failing('secret_unreachable', /^Vault cannot give `secret\/app` \(500\)$/, {
      [DATA]: says(500, 'a fault'),
    }),
    'something else answers': failing('secret_unreachable', /is not Vault$/, {
      [DATA]: (_request, response) => response.end(`<html>${CANARY}</html>`),
    }),
    'all is garbage': failing('secret_unreachable', /is not Vault$/, {}, (_request, response) =>
      response.end(CANARY),
    ),
    'the version is deleted': failing('secret_invalid', /^version 3 of `secret\/app` is deleted/, {
      [DATA]: json(404, kv(3, null, { deletion_time: '2026-11-23T11:00:00Z' })),
    }),
    'there is no such field': {
      ...failing('secret_invalid', /^`secret\/app` has no field `key` with a value$/, {}),
      async setup() {
        const { url } = await fakeVault({ [DATA]: json(200, kv(1, { other: CANARY })) })
        return { provider: withToken(), reference: at(url, { key: 'key' }) }
      },
    },
  },
})

describe('the reference of vault', () => {
  const { reference } = make()
  const good = { path: 'secret/app', address: 'https://v', auth: { type: 'token', token: 'a' } }

  it('is good', () => {
    expect(reference.safeParse(good).success).toBe(true)
  })

  it.each<[string, object]>([
    ['a value where a name belongs', { auth: { type: 'token', token: 'hvs.CAESIJ' } }],
    ['two ways to the token', { auth: { type: 'token', token: 'a', file: '/b' } }],
    ['no way to the token', { auth: { type: 'token' } }],
    ['a file that depends on where keyhand was started', { auth: { type: 'token', file: 'a' } }],
    ['an unknown login', { auth: { type: 'userpass', username: 'me' } }],
    ['a secret id in plain text', { auth: { type: 'approle', role_id: 'a', secret_id: 'A B' } }],
    ['a path that leaves its mount', { path: 'secret/../sys/seal' }],
    ['a path that ends a URL', { path: 'secret/app?list=true' }],
    ['a path with an escape', { path: 'secret/%2e%2e/sys' }],
    ['a path that begins with a slash', { path: '/secret/app' }],
    ['no address', { address: undefined }],
    ['a plain address', { address: 'http://vault.example.com' }],
    ['no login', { auth: undefined }],
    ['a mount without its engine', { mount: 'secret' }],
    ['a version that is none', { version: 0 }],
  ])('is refused with %s', (_what, change) => {
    expect(reference.safeParse({ ...good, ...change }).success).toBe(false)
  })

  it('names the secrets of its login', () => {
    const needs = (auth: object) =>
      make().needs(reference.parse({ ...good, auth }) as VaultReference)
    expect(needs({ type: 'token', token: 'a' })).toEqual(['a'])
    expect(needs({ type: 'token', file: '/a' })).toEqual([])
    expect(needs({ type: 'approle', role_id: 'r', secret_id: 'b' })).toEqual(['b'])
    expect(needs({ type: 'jwt', jwt: 'c' })).toEqual(['c'])
    expect(needs({ type: 'kubernetes', role: 'r' })).toEqual([])
  })
})

describe('vault on a fake', () => {
  it('ignores the environment unless the catalog says otherwise', async () => {
    const other = await fakeVault()
    const { url, requests } = await fakeVault({ [DATA]: json(200, kv(1, { value: CANARY })) })
    const env = { VAULT_ADDR: other.url, VAULT_NAMESPACE: 'other', VAULT_TOKEN: 'from outside' }
    await make(env).fetch(at(url), contextWith())
    expect(other.requests).toEqual([])
    expect(requests.map(({ headers }) => headers['x-vault-token'])).toEqual([
      'hvs.token',
      'hvs.token',
    ])
    expect(requests[0]?.headers['x-vault-namespace']).toBeUndefined()
  })

  it('takes address, namespace and token of the environment where the catalog says so', async () => {
    const { url, requests } = await fakeVault({ [DATA]: json(200, kv(1, { value: CANARY })) })
    const env = { VAULT_ADDR: url, VAULT_NAMESPACE: 'team', VAULT_TOKEN: 'from outside' }
    const fetched = await make(env).fetch(
      { path: 'secret/app', from_environment: true },
      contextOf(),
    )
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
    expect(requests[0]?.headers).toMatchObject({
      'x-vault-token': 'from outside',
      'x-vault-namespace': 'team',
    })
  })

  it('says that VAULT_TOKEN is missing, or VAULT_ADDR no address', async () => {
    const { url } = await fakeVault()
    const reference = { path: 'secret/app', from_environment: true }
    const noToken = thrownBy(make({ VAULT_ADDR: url }).fetch(reference, contextOf()))
    expect(await noToken).toMatchObject({
      code: 'secret_not_logged_in',
      message: 'VAULT_TOKEN is not set',
    })
    const env = { VAULT_ADDR: 'http://vault.example.com', VAULT_TOKEN: 'x' }
    const plain = thrownBy(make(env).fetch(reference, contextOf()))
    expect(await plain).toMatchObject({
      code: 'secret_invalid',
      message: 'VAULT_ADDR is no address of Vault',
    })
  })

  it('reads a token file anew each time, and says where none is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyhand-vault-'))
    const file = join(folder, 'token')
    const { url, requests } = await fakeVault({ [DATA]: json(200, kv(1, { value: CANARY })) })
    const provider = make()
    const reference = at(url, { auth: { type: 'token', file } })
    const missing = await thrownBy(provider.fetch(reference, contextOf()))
    expect(missing).toMatchObject({ code: 'secret_not_logged_in' })
    for (const token of ['first', 'second']) {
      writeFileSync(file, `${token}\n`)
      await provider.fetch(reference, contextOf())
    }
    const sent = requests.filter(({ url }) => url.includes(DATA))
    expect(sent.map(({ headers }) => headers['x-vault-token'])).toEqual(['first', 'second'])
    await rm(folder, { recursive: true })
  })

  it('gives all fields without a key, and what is not text as JSON', async () => {
    const data = {
      username: 'me',
      password: CANARY,
      port: 5432,
      empty: '',
      none: null,
      more: { a: 1 },
    }
    const { url } = await fakeVault({ [DATA]: json(200, kv(7, data)) })
    const fetched = await make().fetch(at(url), contextWith())
    const fields = [...(fetched?.fields ?? [])].map(([name, secret]) => [name, secret.reveal()])
    expect(fields).toEqual([
      ['username', 'me'],
      ['password', CANARY],
      ['port', '5432'],
      ['more', '{"a":1}'],
    ])
    expect(fetched?.version).toBe('7')
    expect(fetched?.createdAt).toBe(Date.parse('2026-11-23T10:00:00.500Z'))
  })

  it('logs in once for many, and again where the token is over, with nothing of it in an error', async () => {
    let logins = 0
    const token = (): string => `hvs.login-${logins}`
    const { url, requests } = await fakeVault({
      'auth/approle/login': (request, response) => {
        logins += 1
        const auth = { client_token: token(), accessor: 'a', lease_duration: 3600, renewable: true }
        json(200, { auth })(request, response)
      },
      [DATA]: (request, response) => {
        const good = request.headers['x-vault-token'] === token() && logins !== 1
        const answer = good ? json(200, kv(1, { value: CANARY })) : says(403, 'invalid token')
        answer(request, response)
      },
    })
    const auth = { type: 'approle', role_id: 'role', secret_id: 'id' } as const
    const provider = make()
    const fetches = Array.from({ length: 5 }, () =>
      provider.fetch(at(url, { auth }), contextWith({ id: 'the-secret-id' })),
    )
    for (const fetched of await Promise.all(fetches)) {
      expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
    }
    const bodies = requests.filter(({ url }) => url.endsWith('/login')).map(({ body }) => body)
    expect(bodies).toEqual(Array(2).fill('{"role_id":"role","secret_id":"the-secret-id"}'))
  })

  it('says that a login is not accepted, and keeps the secret id out of it', async () => {
    const { url } = await fakeVault({
      'auth/approle/login': says(400, 'invalid role or secret ID'),
    })
    const auth = { type: 'approle', role_id: 'role', secret_id: 'id' } as const
    const error = await thrownBy(make().fetch(at(url, { auth }), contextWith({ id: CANARY })))
    expect(error).toMatchObject({
      code: 'secret_not_logged_in',
      message: 'Vault does not accept the login by approle (400)',
    })
    expect(everyTextOf(error)).not.toContain(CANARY)
  })

  it('verifies certificates by the file that the catalog names', async () => {
    vi.stubEnv('VAULT_SKIP_VERIFY', 'true')
    const reference = at('https://127.0.0.1:1', { ca: '/nonexistent/ca.pem' })
    expect(await thrownBy(make().fetch(reference, contextWith()))).toMatchObject({
      code: 'secret_invalid',
      message: 'the file `/nonexistent/ca.pem` of the authority cannot be read',
    })
  })
})
