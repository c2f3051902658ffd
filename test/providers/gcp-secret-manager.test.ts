import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { crc32c } from '../../src/providers/gcp-secret-manager/crc32c.ts'
import { createGcpSecretManagerProvider } from '../../src/providers/gcp-secret-manager/gcp-secret-manager.ts'
import type { GcpReference } from '../../src/providers/gcp-secret-manager/reference.ts'
import type { FetchContext } from '../../src/providers/provider.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  type ProviderFailure,
  thrownBy,
} from '../contract/secret-provider.ts'
import { type GcpFake, gcpError, startGcpFake } from '../support/servers/gcp-fake.ts'

const root = mkdtempSync(join(tmpdir(), 'keyhand-gcp-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const STRIPE = 'projects/demo/secrets/stripe'
const nobody = join(root, 'nobody')
let fake: GcpFake
beforeAll(async () => {
  fake = await startGcpFake()
})
afterAll(async () => fake.stop())
beforeEach(() => {
  fake.answer = null
  fake.tokenAnswer = null
  fake.secrets.clear()
  fake.secrets.set(STRIPE, [{ value: CANARY }])
  fake.requests.length = 0
})

let now = Date.now
afterEach(() => {
  now = Date.now
})

const providerOf = (home = nobody, env: Record<string, string> = {}) =>
  createGcpSecretManagerProvider({ env, home, now: () => now(), metadata: fake.url })

const at = (more: Partial<GcpReference> = {}): GcpReference => ({
  project: 'demo',
  name: 'stripe',
  endpoint: fake.url,
  token_endpoint: fake.tokenEndpoint,
  identity: 'platform',
  ...more,
})

const byKey = (): GcpReference => {
  const { identity: _, ...reference } = at({ service_account_key: 'gcp_key' })
  return reference
}

const contextWith = (key: string, more: Partial<FetchContext> = {}): FetchContext => ({
  ...contextOf(),
  secret: async (name) => new Secret(name, key),
  ...more,
})

/** A home in which gcloud has left a login. */
function homeWith(login: string): string {
  const home = mkdtempSync(join(root, 'home-'))
  mkdirSync(join(home, '.config/gcloud'), { recursive: true })
  writeFileSync(join(home, '.config/gcloud/application_default_credentials.json'), login)
  return home
}

const user = JSON.stringify({
  type: 'authorized_user',
  client_id: 'client',
  client_secret: 'client secret',
  refresh_token: 'refresh',
  quota_project_id: 'billing',
})

const failing = (
  code: ProviderFailure<object>['code'],
  message: RegExp,
  prepare: () => void,
): ProviderFailure<GcpReference> => ({
  code,
  message,
  async setup() {
    prepare()
    return { provider: providerOf(), reference: at() }
  },
})

const answering = (status: number, word: string, reason?: string) => () => {
  fake.answer = (response) => {
    gcpError(response, status, word, reason, `token ${CANARY}`)
    return true
  }
}

const logging = (status: number, body: string) => () => {
  fake.tokenAnswer = (response) => response.writeHead(status).end(body)
}

describeSecretProvider('gcp-secret-manager on a fake', {
  store: false,
  setup: async () => ({
    provider: providerOf(),
    present: at(),
    absent: at({ name: 'nothing' }),
    writable: null,
    versions: true,
    stop: async () => undefined,
  }),
  failures: {
    'Google denies it': failing(
      'secret_denied',
      /does not let keyhand read `stripe` of the project `demo` \(PERMISSION_DENIED\)/,
      answering(403, 'PERMISSION_DENIED'),
    ),
    'the API is off': failing(
      'secret_denied',
      /is not switched on/,
      answering(403, 'PERMISSION_DENIED', 'SERVICE_DISABLED'),
    ),
    'no token is good': failing(
      'secret_not_logged_in',
      /does not take the access token/,
      answering(401, 'UNAUTHENTICATED'),
    ),
    'Google throttles': failing(
      'secret_throttled',
      /is throttling/,
      answering(429, 'RESOURCE_EXHAUSTED'),
    ),
    'the version is disabled': failing('secret_invalid', /disabled or destroyed/, () => {
      fake.secrets.set(STRIPE, [{ value: CANARY, state: 'DISABLED' }])
    }),
    'Google does not understand the reference': failing(
      'secret_invalid',
      /does not accept the reference/,
      answering(400, 'INVALID_ARGUMENT'),
    ),
    'the value is empty': failing('secret_invalid', /is empty/, () => {
      fake.secrets.set(STRIPE, [{ value: '' }])
    }),
    'Google is broken': failing(
      'secret_unreachable',
      /fault of its own/,
      answering(503, 'UNAVAILABLE'),
    ),
    'a proxy knows no such page': failing('secret_unreachable', /is not Google/, () => {
      fake.answer = (response) => {
        response.writeHead(404).end(`<html>${CANARY}`)
        return true
      }
    }),
    'the value arrives damaged': failing('secret_unreachable', /arrived damaged/, () => {
      fake.answer = (response) => {
        const payload = { data: Buffer.from(CANARY).toString('base64'), dataCrc32c: '1' }
        response.end(JSON.stringify({ name: `${STRIPE}/versions/1`, payload }))
        return true
      }
    }),
    'the connection is cut': failing('secret_unreachable', /cut the connection/, () => {
      fake.answer = (response) => {
        response.socket?.destroy()
        return true
      }
    }),
    'this machine has no login': {
      code: 'secret_not_logged_in',
      message: /has no login for Google/,
      async setup() {
        const metadata = 'http://127.0.0.1:1'
        const provider = createGcpSecretManagerProvider({ env: {}, home: nobody, now, metadata })
        return { provider, reference: at() }
      },
    },
    'gcloud has left what keyhand cannot use': {
      code: 'secret_not_logged_in',
      message: /holds no login that keyhand can use/,
      async setup() {
        const home = homeWith(JSON.stringify({ type: 'external_account', token: CANARY }))
        return { provider: providerOf(home), reference: at() }
      },
    },
  },
})

describe('the login by a key that is a secret of the catalog', () => {
  it('is a signed assertion, and its token is used until it expires', async () => {
    const provider = providerOf()
    const context = contextWith(fake.serviceAccountKey)
    expect(provider.needs(byKey())).toEqual(['gcp_key'])
    const fetchAll = async () => {
      const all = await Promise.all([1, 2, 3].map(() => provider.fetch(byKey(), context)))
      return all.map((one) => one?.fields.get('value')?.reveal())
    }
    expect(await fetchAll()).toEqual(Array(3).fill(CANARY))
    const tokens = () => fake.requests.filter((line) => line === 'POST /token').length
    expect(tokens()).toBe(1)
    now = () => Date.now() + 3_600_000
    await thrownBy(provider.fetch(byKey(), context)).catch(() => null)
    expect(tokens()).toBe(2)
  })

  it('is done once more where its token was refused, and only then', async () => {
    const provider = providerOf()
    const context = contextWith(fake.serviceAccountKey)
    await provider.fetch(byKey(), context)
    fake.revokeTokens()
    const fetched = await provider.fetch(byKey(), context)
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
    expect(fake.requests.filter((line) => line === 'POST /token')).toHaveLength(2)
  })

  it('goes to Google, whatever the key says', async () => {
    expect(fake.serviceAccountKey).toContain('evil.example')
    await providerOf().fetch(byKey(), contextWith(fake.serviceAccountKey))
    expect(fake.requests[0]).toBe('POST /token')
  })

  it.each([
    [
      'secret_not_logged_in',
      /does not accept the login \(invalid_grant\)/,
      400,
      '{"error":"invalid_grant"}',
    ],
    ['secret_not_logged_in', /\(refused\)/, 401, `{"error":"${CANARY}"}`],
    ['secret_throttled', /token service is throttling/, 429, '{}'],
    ['secret_unreachable', /fault of its own/, 500, CANARY],
    ['secret_unreachable', /what answers is not/, 200, `<html>${CANARY}`],
  ])('that is not taken is %s: %s', async (code, message, status, body) => {
    logging(status, body)()
    const error = await thrownBy(providerOf().fetch(byKey(), contextWith(fake.serviceAccountKey)))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(everyTextOf(error)).not.toContain(CANARY)
  })

  it.each([
    ['no JSON', CANARY],
    ['another kind of login', user],
    ['no key', '{"type":"service_account","client_email":"a@b"}'],
    [
      'a broken key',
      JSON.stringify({ type: 'service_account', client_email: 'a', private_key: CANARY }),
    ],
  ])('refuses a secret with %s in it', async (_, text) => {
    const error = await thrownBy(providerOf().fetch(byKey(), contextWith(text)))
    expect(error).toMatchObject({
      code: 'secret_invalid',
      message: 'the secret `gcp_key` is not the JSON key of a service account',
    })
    expect(everyTextOf(error)).not.toContain(CANARY)
  })
})

describe('the login of the platform', () => {
  it('is the user’s of gcloud before the machine’s, and counts for its quota project', async () => {
    await providerOf(homeWith(user)).fetch(at(), contextOf())
    expect(fake.requests[0]).toBe('POST /token')
    expect(fake.lastHeaders['x-goog-user-project']).toBe('billing')
  })

  it('is that of the metadata server where gcloud has none', async () => {
    await providerOf().fetch(at(), contextOf())
    expect(fake.requests[0]).toContain('GET /computeMetadata/v1/')
  })

  it('is not what the environment says, unless the catalog does', async () => {
    const path = join(root, 'key.json')
    writeFileSync(path, fake.serviceAccountKey)
    const env = { GOOGLE_APPLICATION_CREDENTIALS: path, CLOUDSDK_CONFIG: root }
    await providerOf(nobody, env).fetch(at(), contextOf())
    expect(fake.requests[0]).toContain('GET /computeMetadata/v1/')
    fake.requests.length = 0
    await providerOf(nobody, env).fetch(at({ from_environment: true }), contextOf())
    expect(fake.requests[0]).toBe('POST /token')
  })

  it('names the file that the environment names and that is not there', async () => {
    const env = { GOOGLE_APPLICATION_CREDENTIALS: join(root, 'none.json') }
    const error = await thrownBy(
      providerOf(nobody, env).fetch(at({ from_environment: true }), contextOf()),
    )
    expect(error.code).toBe('secret_not_logged_in')
  })
})

describe('versions', () => {
  const three = [
    { value: 'first', createTime: '2026-01-01T00:00:00Z' },
    { value: 'second', createTime: '2026-02-01T00:00:00Z' },
    { value: 'third', createTime: '2026-03-01T00:00:00Z' },
  ]
  const fetch = (more: Partial<GcpReference>, version: 'current' | 'previous' = 'current') =>
    providerOf().fetch(at(more), { ...contextOf(), version })

  it('are said, with when they were made', async () => {
    fake.secrets.set(STRIPE, three)
    const fetched = await fetch({})
    expect(fetched).toMatchObject({ version: '3', createdAt: Date.UTC(2026, 2, 1) })
  })

  it('are given without when they were made where keyhand may not look', async () => {
    fake.answer = (response, path) => {
      if (path.endsWith(':access')) return false
      gcpError(response, 403, 'PERMISSION_DENIED')
      return true
    }
    const provider = providerOf()
    const once = await provider.fetch(at(), contextOf())
    expect(once).toMatchObject({ version: '1', createdAt: null })
    await provider.fetch(at(), contextOf())
    // And it is not asked for again.
    expect(fake.requests.filter((line) => line.endsWith('/versions/1'))).toHaveLength(1)
  })

  it('can be named, and the one before the latest is the one before', async () => {
    fake.secrets.set(STRIPE, three)
    const text = async (more: Partial<GcpReference>, version?: 'previous') =>
      (await fetch(more, version))?.fields.get('value')?.reveal()
    expect(await text({ version: 1 })).toBe('first')
    expect(await text({ version: 'latest' })).toBe('third')
    expect(await text({}, 'previous')).toBe('second')
    expect(await text({ version: 2 }, 'previous')).toBeUndefined()
    await expect(fetch({ version: 9 })).resolves.toBeNull()
    fake.secrets.set(STRIPE, [{ value: 'first' }])
    await expect(fetch({}, 'previous')).resolves.toBeNull()
  })

  it('of a regional secret are asked for there', async () => {
    fake.secrets.set('projects/demo/locations/europe-west3/secrets/stripe', [{ value: 'regional' }])
    const fetched = await fetch({ location: 'europe-west3' })
    expect(fetched?.fields.get('value')?.reveal()).toBe('regional')
  })

  it('that are binary are given as base64 where they are no text', async () => {
    const bytes = new Uint8Array([0xff, 0x00, 0x80])
    fake.secrets.set(STRIPE, [{ value: bytes }])
    const fetched = await fetch({})
    expect(fetched?.fields.get('value')?.reveal()).toBe(Buffer.from(bytes).toString('base64'))
  })
})

describe('a reference', () => {
  it.each([
    [{ identity: undefined }, 'no login'],
    [{ service_account_key: 'gcp_key' }, 'two logins'],
    [{ service_account_key: '{"type":"service_account"}', identity: undefined }, 'a value'],
    [{ project: 'demo/secrets/other' }, 'a project that leads elsewhere'],
    [{ name: '../other' }, 'a name that leads elsewhere'],
    [{ version: '1/../2' }, 'a version that leads elsewhere'],
    [{ version: 0 }, 'a version that cannot be'],
    [{ location: 'evil.example/' }, 'a region that would become another host'],
    [{ endpoint: 'http://secretmanager.example.com' }, 'plain HTTP to another machine'],
    [{ token_endpoint: 'https://user:pw@example.com' }, 'a user in the URL'],
  ] as [object, string][])('refuses %o: %s', (more) => {
    expect(providerOf().reference.safeParse({ ...at(), ...more }).success).toBe(false)
  })
})

it('sums as RFC 3720 says', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
})
