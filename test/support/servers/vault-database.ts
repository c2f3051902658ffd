import type { StartedPostgres } from './postgres.ts'
import type { StartedVault } from './vault.ts'

/** What docs/providers/vault.md says that a login needs, and the paths of the tests. */
const POLICY = `
path "secret/data/*" { capabilities = ["read"] }
path "kv1/*" { capabilities = ["read"] }
path "team/kv/data/*" { capabilities = ["read"] }
path "database/creds/*" { capabilities = ["read"] }
path "auth/token/create" { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
path "auth/token/revoke-accessor" { capabilities = ["update"] }
`

export interface VaultRole {
  readonly roleId: string
  readonly secretId: string
}

/** An AppRole with the policy of the docs, whose tokens live as long as asked for. */
export async function addAppRole(
  vault: StartedVault,
  { name = 'keyhand', ttl = '1h', policy = POLICY } = {},
): Promise<VaultRole> {
  const methods = await vault.api('GET', 'sys/auth')
  if (methods.data['approle/'] === undefined) {
    await vault.api('POST', 'sys/auth/approle', { type: 'approle' })
  }
  await vault.api('PUT', `sys/policies/acl/${name}`, { policy })
  const role = { token_policies: name, token_ttl: ttl }
  await vault.api('POST', `auth/approle/role/${name}`, role)
  const { data } = await vault.api('GET', `auth/approle/role/${name}/role-id`)
  const made = await vault.api('POST', `auth/approle/role/${name}/secret-id`, {})
  return { roleId: data.role_id, secretId: made.data.secret_id }
}

/** Vault's own PostgreSQL plugin on a real PostgreSQL, with roles `readonly` (1 h) and `short` (6 s, 20 s at most). */
export async function addDatabase(vault: StartedVault, postgres: StartedPostgres): Promise<void> {
  const { user, password } = postgres.superuser
  await vault.api('POST', 'sys/mounts/database', { type: 'database' })
  await vault.api('POST', 'database/config/orders', {
    plugin_name: 'postgresql-database-plugin',
    allowed_roles: '*',
    connection_url: `postgresql://{{username}}:{{password}}@127.0.0.1:${postgres.port}/postgres?sslmode=disable`,
    username: user,
    password,
  })
  const creation = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`
  const role = { db_name: 'orders', creation_statements: creation }
  const terms = { readonly: ['1h', '24h'], short: ['6s', '20s'] }
  for (const [name, [ttl, most]] of Object.entries(terms)) {
    await vault.api('POST', `database/roles/${name}`, {
      ...role,
      default_ttl: ttl,
      max_ttl: most,
    })
  }
}

/** The leases of a database role that Vault has at this moment. */
export async function leasesOf(vault: StartedVault, role: string): Promise<readonly string[]> {
  return (await vault.api('LIST', `sys/leases/lookup/database/creds/${role}`)).data.keys
}
