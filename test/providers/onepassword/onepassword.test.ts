import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
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
  thrownBy,
} from '../../contract/secret-provider.ts'
import { ITEM, LOGIN, VAULT } from '../../support/servers/connect-fake.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-1password-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const context = (value = 'good-token'): FetchContext => ({
  ...contextOf(),
  secret: async (name) => new Secret(name, value),
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

  describeSecretProvider('1password by a fake of the op program', {
    store: false,
    async setup() {
      const none = fakeOp(`echo "[ERROR] \\"Other\\" isn't an item in the vault." >&2; exit 1`)
      return {
        provider,
        present: { reference: 'op://Dev/Stripe/password', program: good() },
        absent: { reference: 'op://Dev/Other/password', program: none },
        writable: null,
        versions: true,
        stop: async () => undefined,
      }
    },
  })

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

  describeSecretProvider('1password by a service account, on a fake of its SDK', {
    store: false,
    async setup() {
      const { fetch, ...rest } = createOnePasswordProvider({
        makeClient: async (token) => {
          const known = await fakeSdk(secretOf)(token)
          const none = await fakeSdk({ error: { type: 'itemNotFound' } })(token)
          const resolveAll: typeof known.secrets.resolveAll = (references) =>
            (references[0]?.includes('/Other/') === true ? none : known).secrets.resolveAll(
              references,
            )
          return { ...known, secrets: { ...known.secrets, resolveAll } }
        },
      })
      return {
        provider: {
          ...rest,
          fetch: (reference, own) => fetch(reference, { ...own, secret: context().secret }),
        },
        present: byAccount,
        absent: { ...byAccount, reference: 'op://Dev/Other/password' },
        writable: null,
        versions: false,
        stop: async () => undefined,
      }
    },
  })

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
