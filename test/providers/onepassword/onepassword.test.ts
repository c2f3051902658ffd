import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createOnePasswordProvider } from '../../../src/providers/onepassword/onepassword.ts'
import type { OnePasswordReference } from '../../../src/providers/onepassword/reference.ts'
import type { MakeSdkClient } from '../../../src/providers/onepassword/sdk.ts'
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
  type JsonAnswer,
  type JsonFake,
  json,
  startJsonFake,
} from '../../support/servers/json-fake.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-1password-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const running: JsonFake[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()))
})

const VAULT = 'ftz4pm2xxwmwrsd7rjqn7grzfz'
const ITEM = '2fcbqwe9ndg175zg2dzwftvkpa'
const context = (value = 'good-token'): FetchContext => ({
  ...contextOf(),
  secret: async (name) => new Secret(name, value),
})
const LOGIN = {
  id: ITEM,
  title: 'Stripe',
  version: 3,
  updatedAt: '2026-11-02T00:00:00Z',
  vault: { id: VAULT },
  category: 'LOGIN',
  sections: [{ id: 'live', label: 'Live keys' }],
  fields: [
    { id: 'username', type: 'STRING', purpose: 'USERNAME', label: 'username', value: 'me' },
    { id: 'password', type: 'CONCEALED', purpose: 'PASSWORD', label: 'password', value: CANARY },
    {
      id: 'k1',
      type: 'CONCEALED',
      label: 'API key',
      value: `${CANARY}-live`,
      section: { id: 'live', label: 'Live keys' },
    },
    { id: 'notesPlain', type: 'STRING', purpose: 'NOTES', label: 'notesPlain' },
  ],
}

/** A fake of a Connect server, from its published API description (1.8.1). */
async function fakeConnect(override: JsonAnswer | null = null): Promise<JsonFake> {
  const routes: Record<string, JsonAnswer> = {
    '/v1/vaults': json(200, [
      { id: VAULT, name: 'Dev' },
      { id: 'aaaaaaaaaaaaaaaaaaaaaaaaaa', name: 'Twice' },
      { id: 'bbbbbbbbbbbbbbbbbbbbbbbbbb', name: 'Twice' },
    ]),
    [`/v1/vaults/${VAULT}/items?filter=title%20eq%20%22Stripe%22`]: json(200, [
      { id: ITEM, title: 'Stripe', version: 3 },
    ]),
    [`/v1/vaults/${VAULT}/items/${ITEM}`]: json(200, LOGIN),
  }
  const fake = await startJsonFake((request, response) => {
    const known = request.headers.authorization === 'Bearer good-token'
    const route = routes[request.url]
    const none = request.url.includes('?filter=')
      ? json(200, [])
      : json(404, { status: 404, message: CANARY })
    const answer = known ? (override ?? route ?? none) : json(401, { status: 401, message: CANARY })
    answer(request, response)
  })
  running.push(fake)
  return fake
}

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
  reference?: string,
): ProviderFailure<OnePasswordReference> {
  return {
    code,
    message,
    async setup() {
      const { url } = await fakeConnect(answer)
      return { provider: withToken(), reference: byConnect(url, reference) }
    },
  }
}

describeSecretProvider('1password on a fake of Connect', {
  store: false,
  async setup() {
    const { url, stop } = await fakeConnect()
    running.pop()
    return {
      provider: withToken(),
      present: byConnect(url),
      absent: byConnect(url, 'op://Dev/Other/password'),
      writable: null,
      versions: true,
      stop,
    }
  },
  failures: {
    'the token may not': failing('secret_denied', /may not read this vault/, json(403, {})),
    'the vault is not among its vaults': failing(
      'secret_denied',
      /has no vault `Prod`/,
      null,
      'op://Prod/Stripe/password',
    ),
    'two vaults have the name': failing(
      'secret_invalid',
      /more than one vault matches/,
      null,
      'op://Twice/Stripe/password',
    ),
    'it is asked too often': failing(
      'secret_throttled',
      /asked again in 9 s/,
      json(429, {}, { 'retry-after': '9' }),
    ),
    'it has not reached 1Password': failing('secret_unreachable', /\(503\)/, json(503, {})),
    'something else answers': failing('secret_unreachable', /is not Connect/, json(404, {})),
    'the field is empty': failing(
      'secret_invalid',
      /is empty in 1Password/,
      null,
      'op://Dev/Stripe/notesPlain',
    ),
  },
})

describe('1password on a fake of Connect', () => {
  const read = async (reference: string) => {
    const { url } = await fakeConnect()
    const fetched = await createOnePasswordProvider().fetch(byConnect(url, reference), context())
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
    const { url } = await fakeConnect()
    const fetched = await createOnePasswordProvider().fetch(byConnect(url), context())
    expect([fetched?.version, fetched?.createdAt]).toEqual(['3', Date.parse(LOGIN.updatedAt)])
  })

  it('says that the token is not known, and needs it from the catalog', async () => {
    const { url } = await fakeConnect()
    const provider = createOnePasswordProvider()
    expect(provider.needs(byConnect(url))).toEqual(['connect_token'])
    for (const token of [CANARY, `${CANARY}\r\nx: y`]) {
      const error = await thrownBy(provider.fetch(byConnect(url), context(token)))
      expect(error.code).toBe('secret_not_logged_in')
      expect(error.message).toBe('1Password Connect does not know this token')
      expect(everyTextOf(error)).not.toContain(CANARY)
    }
  })
})

describe('1password by a fake of the op program', () => {
  const seen = join(folder, 'seen')
  let made = 0
  function fakeOp(body: string): string {
    made += 1
    const path = join(folder, `op-${made}`)
    writeFileSync(path, `#!/bin/sh\necho "$@" > ${seen}\nenv > ${seen}.env\n${body}\n`, {
      mode: 0o755,
    })
    return path
  }
  const item = { ...LOGIN, updated_at: LOGIN.updatedAt }
  writeFileSync(join(folder, 'item.json'), JSON.stringify(item))
  const good = () => fakeOp(`cat ${folder}/item.json`)
  const provider = createOnePasswordProvider()

  it('reads a field as the user who is logged in, without anything of this environment', async () => {
    const reference = {
      reference: 'op://Dev/Stripe/password',
      program: good(),
      account: 'a.example',
    }
    const fetched = await provider.fetch(reference, contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
    expect(fetched?.version).toBe('3')
    expect(readFileSync(seen, 'utf8')).toBe(
      'item get --vault=Dev --format=json --no-color --account=a.example -- Stripe\n',
    )
    expect(readFileSync(`${seen}.env`, 'utf8')).not.toMatch(/^(OP_|npm_|NODE|VITEST)/m)
  })

  it('gives the program no option in place of a name', async () => {
    const reference = { reference: 'op://--config=x/--help/password', program: good() }
    await provider.fetch(reference, contextOf())
    expect(readFileSync(seen, 'utf8')).toMatch(/--vault=--config=x .* -- --help\n$/)
  })

  it.each([
    [`"Stripe" isn't an item in the "Dev" vault.`, null],
    [`"Dev" isn't a vault in this account.`, 'secret_denied'],
    ['You are not currently signed in.', 'secret_not_logged_in'],
    ['authorization prompt dismissed, please try again', 'secret_not_logged_in'],
    ['1Password app is locked', 'secret_locked'],
    ['More than one item matches "Stripe".', 'secret_invalid'],
    ['(429) Too Many Requests', 'secret_throttled'],
    ['dial tcp: lookup my.1password.com: no such host', 'secret_unreachable'],
  ])('understands “%s”', async (words, code) => {
    writeFileSync(join(folder, 'words'), `[ERROR] ${words} ${CANARY}`)
    const program = fakeOp(`cat ${folder}/words >&2; exit 1`)
    const reading = provider.fetch({ reference: 'op://Dev/Stripe/password', program }, contextOf())
    if (code === null) {
      await expect(reading).resolves.toBeNull()
      return
    }
    const error = await thrownBy(reading)
    expect(error.code).toBe(code)
    expect(error.fix).toMatch(/\.$/)
    expect(everyTextOf(error)).not.toContain(CANARY)
  })
})

describe('1password by a service account, on a fake of its SDK', () => {
  const overview = { id: ITEM, title: 'Stripe', updatedAt: new Date(LOGIN.updatedAt) }
  function fakeSdk(answer: object | Error): MakeSdkClient {
    const client = {
      secrets: {
        async resolveAll([reference = '']: string[]) {
          if (answer instanceof Error) throw answer
          return { individualResponses: { [reference]: answer } }
        },
      },
      vaults: { list: async () => [{ id: VAULT, title: 'Dev' }] },
      items: {
        list: async () => [overview],
        get: async () => ({
          fields: LOGIN.fields.map(({ id, label, value = '' }) => ({ id, title: label, value })),
          version: 3,
        }),
      },
      environments: {
        getVariables: async () => ({
          variables: [
            { name: 'DB_HOST', value: 'db.example' },
            { name: 'DB_PASSWORD', value: CANARY },
          ],
        }),
      },
    }
    return async () => client as unknown as Awaited<ReturnType<MakeSdkClient>>
  }
  const secretOf = { content: { secret: CANARY, itemId: ITEM, vaultId: VAULT } }
  const make = (answer: object | Error) =>
    createOnePasswordProvider({ makeClient: fakeSdk(answer) })
  const byAccount = { reference: 'op://Dev/Stripe/password', service_account: 'op_token' }

  it('reads a field, a whole item, an environment and one variable of it', async () => {
    const read = async (reference: OnePasswordReference) => {
      const fetched = await make(secretOf).fetch(reference, context())
      return Object.fromEntries(
        [...(fetched?.fields ?? [])].map(([name, one]) => [name, one.reveal()]),
      )
    }
    expect(await read(byAccount)).toEqual({ value: CANARY })
    expect(await read({ ...byAccount, reference: 'op://dev/stripe' })).toMatchObject({
      ...{ username: 'me', password: CANARY },
    })
    const environment = { environment: 'abc', service_account: 'op_token' }
    expect(await read(environment)).toEqual({ DB_HOST: 'db.example', DB_PASSWORD: CANARY })
    expect(await read({ ...environment, key: 'DB_PASSWORD' })).toEqual({ value: CANARY })
  })

  it.each([
    [{ error: { type: 'itemNotFound' } }, null],
    [{ error: { type: 'vaultNotFound' } }, 'secret_denied'],
    [{ error: { type: 'tooManyItems' } }, 'secret_invalid'],
    [{ error: { type: 'other' } }, 'secret_invalid'],
    [new Error(`rate limit exceeded ${CANARY}`), 'secret_throttled'],
    [new Error(`you don't have the right permissions ${CANARY}`), 'secret_denied'],
    [new Error(`you are not authenticated ${CANARY}`), 'secret_not_logged_in'],
    [new Error(`request timeout ${CANARY}`), 'secret_timeout'],
    [new Error(`error sending request ${CANARY}`), 'secret_unreachable'],
  ])('understands %j', async (answer, code) => {
    const reading = make(answer).fetch(byAccount, context())
    if (code === null) {
      await expect(reading).resolves.toBeNull()
      return
    }
    const error = await thrownBy(reading)
    expect(error.code).toBe(code)
    expect(everyTextOf(error)).not.toContain(CANARY)
  })

  it('understands what the real SDK says to a token that is none', async () => {
    const error = await thrownBy(createOnePasswordProvider().fetch(byAccount, context(CANARY)))
    expect([error.code, error.message]).toEqual([
      'secret_not_logged_in',
      '1Password does not take the token of this service account',
    ])
    expect(everyTextOf(error)).not.toContain(CANARY)
  })

  it('logs in anew where the token of the catalog is another', async () => {
    const tokens: string[] = []
    const makeClient: MakeSdkClient = async (token) => {
      tokens.push(token)
      return fakeSdk(secretOf)(token)
    }
    const provider = createOnePasswordProvider({ makeClient })
    for (const token of ['one', 'one', 'two']) await provider.fetch(byAccount, context(token))
    expect(tokens).toEqual(['one', 'two'])
  })
})

it.each([
  [{ reference: 'op://a/b/c' }, ''],
  [{ reference: 'op://a/b/c?attribute=otp', program: '/op' }, 'reference'],
  [{ reference: 'op://a', program: '/op' }, 'reference'],
  [{ environment: 'abc', program: '/op' }, 'environment'],
  [{ reference: 'op://a/b/c', program: 'op' }, 'program'],
  [{ reference: 'op://a/b/c', service_account: 'ops_eyJzZWNyZXQi' }, 'service_account'],
])('1password refuses the reference %j', (reference, path) => {
  const { error } = createOnePasswordProvider().reference.safeParse(reference)
  expect(error?.issues[0]?.path.join('.')).toBe(path)
})
