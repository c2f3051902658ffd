import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createOnePasswordProvider } from '../../../src/providers/onepassword/onepassword.ts'
import type { OnePasswordReference } from '../../../src/providers/onepassword/reference.ts'
import type { FetchContext } from '../../../src/providers/provider.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  type ProviderFailure,
  thrownBy,
} from '../../contract/secret-provider.ts'
import {
  type ConnectFake,
  ITEM,
  LOGIN,
  refusal,
  startConnectFake,
  TOKEN,
  VAULT,
} from '../../support/servers/connect-fake.ts'
import { type JsonAnswer, json } from '../../support/servers/json-fake.ts'

let connect: ConnectFake
beforeAll(async () => {
  connect = await startConnectFake()
})
afterEach(() => {
  connect.override = null
})
afterAll(async () => {
  await connect.stop()
})

const context = (value = TOKEN): FetchContext => ({
  ...contextOf(),
  secret: async (name) => new Secret(name, value),
})

const byConnect = (address: string, reference = 'op://Dev/Stripe/password') => ({
  reference,
  connect: { address, token: 'connect_token' },
})

/** The contract's own contexts have no other secret. */
function withToken(provider = createOnePasswordProvider()) {
  return {
    ...provider,
    fetch: (reference: OnePasswordReference, own: FetchContext) =>
      provider.fetch(reference, { ...own, secret: context().secret }),
  }
}

function failing(
  code: ProviderFailure<object>['code'],
  message: RegExp,
  answer: JsonAnswer | null,
  { reference, checked = true }: { reference?: string; checked?: boolean } = {},
): ProviderFailure<OnePasswordReference> {
  return {
    code,
    message,
    async setup() {
      connect.override = answer
      const address = checked ? connect.url : connect.unchecked
      return { provider: withToken(), reference: byConnect(address, reference) }
    },
  }
}

describeSecretProvider('1password on a fake of Connect behind Prism', {
  store: false,
  async setup() {
    return {
      provider: withToken(),
      present: byConnect(connect.url),
      absent: byConnect(connect.url, 'op://Dev/Other/password'),
      writable: null,
      versions: true,
      stop: async () => undefined,
    }
  },
  failures: {
    'the token may not': failing('secret_denied', /may not read this vault/, refusal(403)),
    'the vault is not among its vaults': failing('secret_denied', /has no vault `Prod`/, null, {
      reference: 'op://Prod/Stripe/password',
    }),
    'two vaults have the name': failing('secret_invalid', /more than one vault matches/, null, {
      reference: 'op://Twice/Stripe/password',
    }),
    'it is asked too often': failing(
      'secret_throttled',
      /asked again in 9 s/,
      refusal(429, { 'retry-after': '9' }),
    ),
    'it has not reached 1Password': failing('secret_unreachable', /\(503\)/, refusal(503)),
    'something else answers': failing('secret_unreachable', /is not Connect/, json(404, {}), {
      checked: false,
    }),
    'the field is empty': failing('secret_invalid', /is empty in 1Password/, null, {
      reference: 'op://Dev/Stripe/notesPlain',
    }),
  },
})

describe('1password on a fake of Connect behind Prism', () => {
  const read = async (reference: string) => {
    const asked = byConnect(connect.url, reference)
    const fetched = await createOnePasswordProvider().fetch(asked, context())
    if (fetched === null) return null
    return Object.fromEntries([...fetched.fields].map(([name, one]) => [name, one.reveal()]))
  }

  it.each(['op://dev/Stripe/PASSWORD', `op://${VAULT}/${ITEM}/password`])(
    'finds %s by name in any case, and by ID',
    async (reference) => {
      expect(await read(reference)).toEqual({ value: CANARY })
    },
  )

  it('finds a field by its section, and not in another', async () => {
    expect(await read('op://Dev/Stripe/Live keys/API key')).toEqual({ value: `${CANARY}-live` })
    expect(await read('op://Dev/Stripe/Other/API key')).toBeNull()
  })

  it('gives all fields of an item that have a value, with its version', async () => {
    expect(await read('op://Dev/Stripe')).toEqual({
      ...{ username: 'me', password: CANARY, 'API key': `${CANARY}-live` },
    })
    const fetched = await createOnePasswordProvider().fetch(byConnect(connect.url), context())
    expect([fetched?.version, fetched?.createdAt]).toEqual(['3', Date.parse(LOGIN.updatedAt)])
  })

  it('asks for a title with a quote in it as the filter wants it written', async () => {
    expect(await read('op://Dev/The "main" key/password')).toBeNull()
    const asked = connect.requests.at(-1)?.url ?? ''
    expect(decodeURIComponent(asked.replaceAll('+', ' '))).toBe(
      `/v1/vaults/${VAULT}/items?filter=title eq "The \\"main\\" key"`,
    )
  })

  it('says that the token is not known, and needs it from the catalog', async () => {
    const provider = createOnePasswordProvider()
    expect(provider.needs(byConnect(connect.url))).toEqual(['connect_token'])
    for (const token of [CANARY, `${CANARY}\r\nx: y`]) {
      const error = await thrownBy(provider.fetch(byConnect(connect.url), context(token)))
      expect(error.code).toBe('secret_not_logged_in')
      expect(error.message).toBe('1Password Connect does not know this token')
      expect(everyTextOf(error)).not.toContain(CANARY)
    }
  })

  it('has kept to the description so far, both the provider and the fake', () => {
    expect(connect.violations()).toEqual([])
  })
})

describe('Prism between the provider and the fake', () => {
  const authorization = `Bearer ${TOKEN}`

  it.each<[string, object]>([
    ['an unknown type of field', { ...LOGIN, fields: [{ id: 'password', type: 'SECRET' }] }],
    ['no vault', { ...LOGIN, vault: undefined }],
    ['an id that is none', { ...LOGIN, id: 'Stripe' }],
    ['a version that is text', { ...LOGIN, version: '3' }],
    ['a value that is a number', { ...LOGIN, fields: [{ id: 'a', type: 'STRING', value: 1 }] }],
  ])('lets no answer through that has %s', async (_what, item) => {
    connect.override = json(200, item)
    const before = connect.violations().length
    const answer = await fetch(`${connect.url}/v1/vaults/${VAULT}/items/${ITEM}`, {
      headers: { authorization },
    })
    expect(answer.status).toBe(500)
    expect(await answer.json()).toMatchObject({ title: 'Request/Response not valid' })
    const reference = byConnect(connect.url, `op://${VAULT}/${ITEM}/password`)
    const error = await thrownBy(createOnePasswordProvider().fetch(reference, context()))
    expect(error.code).toBe('secret_unreachable')
    expect(connect.violations().length).toBeGreaterThan(before)
  })

  it.each([
    ['/v1/vaults/not-an-id/items', 422],
    [`/v1/vaults/${VAULT}/items?filter=Stripe`, 422],
    ['/v1/secrets', 404],
    ['/v1/vaults/', 404],
  ])('lets no request through to %s', async (path, status) => {
    const before = connect.requests.length
    const answer = await fetch(`${connect.url}${path}`, { headers: { authorization } })
    expect(answer.status).toBe(status)
    expect(connect.requests).toHaveLength(before)
  })
})
