import { createSign, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { FetchContext, FetchedSecret } from '../../src/providers/provider.ts'
import type { Ledger, LedgerToken } from '../../src/providers/vault/ledger.ts'
import type { VaultReference } from '../../src/providers/vault/reference.ts'
import { createVaultProvider } from '../../src/providers/vault/vault.ts'
import { CANARY, contextOf, describeSecretProvider, thrownBy } from '../contract/secret-provider.ts'
import { json, startJsonFake } from '../support/servers/json-fake.ts'
import { type StartedPostgres, startPostgres } from '../support/servers/postgres.ts'
import { describeWithServer } from '../support/servers/require-server.ts'
import { type StartedVault, startVault } from '../support/servers/vault.ts'
import {
  addAppRole,
  addDatabase,
  leasesOf,
  type VaultRole,
} from '../support/servers/vault-database.ts'

/** A ledger in memory: what it was told, in order. */
function memoryLedger(orphans: LedgerToken[] = []) {
  const events: string[] = []
  const tokens = new Map<string, LedgerToken>()
  const ledger: Ledger = {
    async put(token) {
      events.push('put')
      tokens.set(token.accessor, token)
    },
    async extend() {
      events.push('extend')
    },
    async remove(accessor) {
      events.push('remove')
      tokens.delete(accessor)
      const at = orphans.findIndex((one) => one.accessor === accessor)
      if (at >= 0) orphans.splice(at, 1)
    },
    orphans: async () => [...orphans],
  }
  return { ledger, events, tokens }
}

function contextWith(values: Record<string, string>, more: Partial<FetchContext> = {}) {
  return {
    ...contextOf(),
    async secret(name: string) {
      return new Secret(name, values[name] ?? '')
    },
    ...more,
  }
}

const revealed = (fetched: FetchedSecret | null, field = 'value') =>
  fetched?.fields.get(field)?.reveal()

describeWithServer('vault', 'vault, against HashiCorp Vault', () => {
  let vault: StartedVault
  let role: VaultRole
  const { ledger } = memoryLedger()
  const make = (own = ledger) => createVaultProvider({ env: {}, now: Date.now, ledger: own })

  const at = (path: string, more: Partial<VaultReference> = {}): VaultReference => ({
    path,
    address: vault.url,
    auth: { type: 'approle', role_id: role.roleId, secret_id: 'secret_id' },
    ...more,
  })
  const context = (more: Partial<FetchContext> = {}) =>
    contextWith({ secret_id: role.secretId, root: vault.token }, more)

  beforeAll(async () => {
    vault = await startVault()
    role = await addAppRole(vault)
    await vault.api('POST', 'secret/data/app', { data: { value: CANARY } })
    await vault.api('POST', 'sys/mounts/kv1', { type: 'kv', options: { version: '1' } })
    await vault.api('POST', 'kv1/login', { username: 'me', password: CANARY })
    await vault.api('POST', 'sys/mounts/team/kv', { type: 'kv', options: { version: '2' } })
    await vault.api('POST', 'team/kv/data/a/b', { data: { token: CANARY } })
  })
  afterAll(() => vault.stop())

  describeSecretProvider('vault', {
    store: false,
    async setup() {
      const provider = make()
      const auth = { type: 'approle', role_id: role.roleId, secret_id: 'secret_id' } as const
      const { secret } = context()
      return {
        provider: {
          ...provider,
          fetch: (reference: VaultReference, own: FetchContext) =>
            provider.fetch(reference, { ...own, secret }),
        },
        present: { path: 'secret/app', address: vault.url, auth },
        absent: { path: 'secret/not/there', address: vault.url, auth },
        writable: null,
        versions: true,
        stop: async () => undefined,
      }
    },
  })

  it('reads KV v1, and KV v2 below a mount of several segments', async () => {
    const fetched = await make().fetch(at('kv1/login'), context())
    expect(revealed(fetched, 'username')).toBe('me')
    expect(revealed(fetched, 'password')).toBe(CANARY)
    expect(fetched?.version).toBeNull()
    expect(revealed(await make().fetch(at('team/kv/a/b', { key: 'token' }), context()))).toBe(
      CANARY,
    )
    await expect(make().fetch(at('kv1/other'), context())).resolves.toBeNull()
  })

  it('reads without asking what is mounted where the catalog says it', async () => {
    const said = { engine: 'kv-v2', mount: 'team/kv', key: 'token' } as const
    expect(revealed(await make().fetch(at('team/kv/a/b', said), context()))).toBe(CANARY)
    expect(revealed(await make().fetch(at('secret/app', { engine: 'kv-v2' }), context()))).toBe(
      CANARY,
    )
  })

  it('reads versions, the one before, and when each was made; a deleted one is no nothing', async () => {
    const before = Date.now()
    for (const value of ['one', 'two', 'three']) {
      await vault.api('POST', 'secret/data/rotated', { data: { value } })
    }
    const path = at('secret/rotated')
    const provider = make()
    const current = await provider.fetch(path, context())
    expect([revealed(current), current?.version]).toEqual(['three', '3'])
    expect(Math.abs((current?.createdAt ?? 0) - before)).toBeLessThan(10_000)
    const previous = await provider.fetch(path, context({ version: 'previous' }))
    expect([revealed(previous), previous?.version]).toEqual(['two', '2'])
    const first = await provider.fetch({ ...path, version: 1 }, context({ version: 'previous' }))
    expect(revealed(first)).toBe('one')
    await expect(provider.fetch({ ...path, version: 9 }, context())).resolves.toBeNull()
    await vault.api('POST', 'secret/delete/rotated', { versions: [2, 3] })
    expect(await thrownBy(provider.fetch(path, context()))).toMatchObject({
      code: 'secret_invalid',
      message: 'version 3 of `secret/rotated` is deleted in Vault',
    })
    const gone = provider.fetch(path, context({ version: 'previous' }))
    await expect(gone).resolves.toBeNull()
  })

  it('has no version before the first, and none at all where there are no versions', async () => {
    const previous = context({ version: 'previous' })
    await expect(make().fetch(at('secret/app'), previous)).resolves.toBeNull()
    await expect(make().fetch(at('kv1/login'), previous)).resolves.toBeNull()
    expect(await thrownBy(make().fetch(at('kv1/login', { version: 1 }), context()))).toMatchObject({
      code: 'secret_invalid',
      message: 'what is at `kv1/login` has no versions',
    })
  })

  it('tells a path that is denied from a token that is over, and logs in again by itself', async () => {
    const provider = make()
    expect(revealed(await provider.fetch(at('secret/app'), context()))).toBe(CANARY)
    for (const path of ['sys/policies', 'nowhere/at/all']) {
      const error = await thrownBy(provider.fetch(at(path), context()))
      expect(error).toMatchObject({ code: 'secret_denied' })
    }
    const { data } = await vault.api('LIST', 'auth/token/accessors')
    for (const accessor of data.keys) {
      // Vault lists some that are gone.
      const found = await vault
        .api('POST', 'auth/token/lookup-accessor', { accessor })
        .catch(() => null)
      if (found?.data.path !== 'auth/approle/login') continue
      await vault.api('POST', 'auth/token/revoke-accessor', { accessor })
    }
    expect(revealed(await provider.fetch(at('secret/app'), context()))).toBe(CANARY)
  })

  it('says of a given token that it is none, and of a secret id that it is not accepted', async () => {
    const token = { auth: { type: 'token', token: 'given' } } as const
    const given = contextWith({ given: 'hvs.nonsense' })
    expect(await thrownBy(make().fetch(at('secret/app', token), given))).toMatchObject({
      code: 'secret_not_logged_in',
      message: 'the token of Vault has expired, or is none',
    })
    const wrong = contextWith({ secret_id: 'nonsense' })
    expect(await thrownBy(make().fetch(at('secret/app'), wrong))).toMatchObject({
      code: 'secret_not_logged_in',
      message: 'Vault does not accept the login by approle (400)',
    })
  })

  it('takes a given token that may do nothing but read', async () => {
    const policy = 'path "secret/data/app" { capabilities = ["read"] }'
    await vault.api('PUT', 'sys/policies/acl/bare', { policy })
    const body = { policies: ['bare'], no_default_policy: true }
    const made = await vault.api('POST', 'auth/token/create', body)
    const given = contextWith({ given: made.auth.client_token })
    const token = { auth: { type: 'token', token: 'given' } } as const
    const provider = make()
    expect(revealed(await provider.fetch(at('secret/app', token), given))).toBe(CANARY)
    expect(await thrownBy(provider.fetch(at('secret/other', token), given))).toMatchObject({
      code: 'secret_denied',
    })
  })

  it('says that Vault throttles', async () => {
    const quota = { path: 'kv1', rate: 1, interval: '60s' }
    await vault.api('POST', 'sys/quotas/config', { enable_rate_limit_response_headers: true })
    await vault.api('POST', 'sys/quotas/rate-limit/tight', quota)
    const provider = make()
    const fetches = () => provider.fetch(at('kv1/login'), context())
    const error = await thrownBy(Promise.all([fetches(), fetches(), fetches()]))
    await vault.api('DELETE', 'sys/quotas/rate-limit/tight')
    expect(error).toMatchObject({ code: 'secret_throttled' })
    expect(error.message).toMatch(/^Vault is throttling; it may be asked again in \d+ s$/)
  })

  describe('a login by a JWT', () => {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })

    function jwt(claims: object): string {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const iat = Math.floor(Date.now() / 1000)
      const times = { iat, nbf: iat - 10, exp: iat + 600 }
      const text = `${part({ alg: 'RS256', typ: 'JWT', kid: 'k' })}.${part({ ...times, ...claims })}`
      return `${text}.${createSign('RSA-SHA256').update(text).sign(keys.privateKey, 'base64url')}`
    }

    it('is taken where its keys, which Vault fetches, say that it is good', async () => {
      const jwk = {
        ...keys.publicKey.export({ format: 'jwk' }),
        kid: 'k',
        alg: 'RS256',
        use: 'sig',
      }
      const issuer = await startJsonFake(json(200, { keys: [jwk] }))
      onTestFinished(() => issuer.stop())
      await vault.api('POST', 'sys/auth/jwt', { type: 'jwt' })
      await vault.api('POST', 'auth/jwt/config', { jwks_url: `${issuer.url}/jwks` })
      await vault.api('POST', 'auth/jwt/role/ci', {
        role_type: 'jwt',
        user_claim: 'sub',
        bound_audiences: ['keyhand'],
        token_policies: 'keyhand',
      })
      const auth = { type: 'jwt', role: 'ci', jwt: 'jwt' } as const
      const good = contextWith({ jwt: jwt({ sub: 'pipeline', aud: 'keyhand' }) })
      expect(revealed(await make().fetch(at('secret/app', { auth }), good))).toBe(CANARY)
      const bad = contextWith({ jwt: jwt({ sub: 'pipeline', aud: 'other' }) })
      expect(await thrownBy(make().fetch(at('secret/app', { auth }), bad))).toMatchObject({
        code: 'secret_not_logged_in',
        message: 'Vault does not accept the login by jwt (400)',
      })
    })
  })

  it('says that Vault is sealed', async () => {
    const sealed = await startVault()
    onTestFinished(() => sealed.stop())
    await sealed.api('PUT', 'sys/seal')
    const reference = at('secret/app', { address: sealed.url })
    expect(await thrownBy(make().fetch(reference, context()))).toMatchObject({
      code: 'secret_locked',
      message: 'Vault is sealed',
    })
  })
})

describeWithServer(['vault', 'postgres'], 'what Vault lends, with a real PostgreSQL', () => {
  let vault: StartedVault
  let postgres: StartedPostgres
  let role: VaultRole
  beforeAll(async () => {
    const started = await Promise.all([startVault(), startPostgres()])
    vault = started[0]
    postgres = started[1]
    role = await addAppRole(vault)
    await addDatabase(vault, postgres)
  })
  afterAll(() => Promise.all([vault.stop(), postgres.stop()]))

  const signal = AbortSignal.timeout(60_000)
  const at = (path: string): VaultReference => ({
    path,
    address: vault.url,
    auth: { type: 'approle', role_id: role.roleId, secret_id: 'secret_id' },
  })
  const context = () => contextWith({ secret_id: role.secretId })
  function make(orphans: LedgerToken[] = []) {
    const memory = memoryLedger(orphans)
    const provider = createVaultProvider({ env: {}, now: Date.now, ledger: memory.ledger })
    return { ...memory, provider }
  }

  async function lent(provider: ReturnType<typeof make>['provider'], name = 'readonly') {
    const fetched = await provider.fetch(at(`database/creds/${name}`), context())
    const lease = fetched?.lease
    if (fetched === null || lease === null || lease === undefined) throw new Error('nothing lent')
    const [user, password] = [revealed(fetched, 'username'), revealed(fetched, 'password')]
    return { lease, login: { user: user ?? '', password: password ?? '' } }
  }

  const logsIn = async (login: { user: string; password: string }) => {
    try {
      return (await postgres.query('SELECT current_user AS who', login))[0]?.['who'] === login.user
    } catch {
      return false
    }
  }

  it('is a login that works, until it is given back', async () => {
    const { provider, events } = make()
    const { lease, login } = await lent(provider)
    expect(events).toEqual(['put'])
    expect(await logsIn(login)).toBe(true)
    expect(await leasesOf(vault, 'readonly')).toHaveLength(1)
    await lease.revoke(signal)
    expect(await logsIn(login)).toBe(false)
    expect(await leasesOf(vault, 'readonly')).toEqual([])
    await provider.lending.close(signal)
  })

  it('is renewed, and ends by its own longest time', async () => {
    const { provider } = make()
    const { lease, login } = await lent(provider, 'short')
    expect(lease.expiresAt - Date.now()).toBeLessThan(7_000)
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    const renewed = await lease.renew(signal)
    expect(renewed.expiresAt).toBeGreaterThan(lease.expiresAt)
    await new Promise((resolve) => setTimeout(resolve, 3_500))
    expect(await logsIn(login)).toBe(true)
    await provider.lending.close(signal)
  })

  it('ends with the process: all leases, the token that they hang on, and the login', async () => {
    const { provider, tokens } = make()
    const all = await Promise.all([lent(provider), lent(provider), lent(provider)])
    expect(tokens.size).toBe(1)
    await provider.lending.close(signal)
    expect(tokens.size).toBe(0)
    await expect.poll(() => leasesOf(vault, 'readonly'), { timeout: 10_000 }).toEqual([])
    for (const { login } of all) expect(await logsIn(login)).toBe(false)
    const { data } = await vault.api('LIST', 'auth/token/accessors')
    // The root's own.
    expect(data.keys).toHaveLength(1)
  })

  it('is lent anew where somebody ended the token that it hangs on', async () => {
    const { provider, tokens } = make()
    await lent(provider)
    const [accessor] = tokens.keys()
    await vault.api('POST', 'auth/token/revoke-accessor', { accessor })
    const { login } = await lent(provider)
    expect(await logsIn(login)).toBe(true)
    expect([...tokens.keys()]).not.toContain(accessor)
    await provider.lending.close(signal)
  })

  it('what a dead process left is ended by its accessor, and nothing else', async () => {
    const [dead, live] = [make(), make()]
    const [left, own] = [await lent(dead.provider), await lent(live.provider)]
    const orphans = [...dead.tokens.values()]
    const next = make(orphans)
    expect(await next.provider.lending.orphans()).toBe(1)
    expect(await next.provider.lending.sweep(at('secret/any'), context())).toBe(1)
    await expect.poll(() => leasesOf(vault, 'readonly'), { timeout: 10_000 }).toHaveLength(1)
    expect(await logsIn(left.login)).toBe(false)
    expect(await logsIn(own.login)).toBe(true)
    expect(await next.provider.lending.orphans()).toBe(0)
    // One that is gone by now is no mistake.
    orphans.push(...dead.tokens.values())
    expect(await next.provider.lending.sweep(at('secret/any'), context())).toBe(1)
    for (const { provider } of [live, next]) await provider.lending.close(signal)
  })

  it('says which permission is missing, and leaves nothing behind', async () => {
    const policy = 'path "database/creds/*" { capabilities = ["read"] }'
    const bare = await addAppRole(vault, { name: 'bare', policy })
    const { provider } = make()
    const auth = { type: 'approle', role_id: bare.roleId, secret_id: 'secret_id' } as const
    const reference = { ...at('database/creds/readonly'), auth }
    const own = contextWith({ secret_id: bare.secretId })
    const error = await thrownBy(provider.fetch(reference, own))
    expect(error.code).toBe('secret_denied')
    expect(error.message).toMatch(/make the token that its leases hang on/)
    expect(error.fix).toContain('path "auth/token/create"')
    await expect.poll(() => leasesOf(vault, 'readonly'), { timeout: 10_000 }).toEqual([])
  })

  it('goes back with its token where the login may not revoke leases, and says so where it cannot', async () => {
    const policy = `path "database/creds/*" { capabilities = ["read"] }
path "auth/token/create" { capabilities = ["update"] }`
    const narrow = await addAppRole(vault, { name: 'narrow', policy })
    const auth = { type: 'approle', role_id: narrow.roleId, secret_id: 'secret_id' } as const
    const { provider, tokens } = make()
    const lend = async () => {
      const own = contextWith({ secret_id: narrow.secretId })
      const fetched = await provider.fetch({ ...at('database/creds/readonly'), auth }, own)
      const [user = '', password = ''] = [
        revealed(fetched, 'username'),
        revealed(fetched, 'password'),
      ]
      return { lease: fetched?.lease, login: { user, password } }
    }
    const [first, second] = [await lend(), await lend()]
    const error = await thrownBy(first.lease?.revoke(signal) ?? Promise.resolve())
    expect(error.fix).toContain('path "sys/leases/revoke"')
    expect(await logsIn(second.login)).toBe(true)
    await provider.lending.close(signal)
    const third = await lend()
    await third.lease?.revoke(signal)
    expect(tokens.size).toBe(0)
    for (const { login } of [first, second, third]) {
      await expect.poll(() => logsIn(login), { timeout: 10_000 }).toBe(false)
    }
    await provider.lending.close(signal)
  })

  it('says that a role does not exist', async () => {
    const { provider } = make()
    const error = await thrownBy(provider.fetch(at('database/creds/nobody'), context()))
    expect(error.code).toBe('secret_invalid')
    await provider.lending.close(signal)
  })
})
