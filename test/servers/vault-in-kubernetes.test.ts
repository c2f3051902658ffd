import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { VaultReference } from '../../src/providers/vault/reference.ts'
import { createVaultProvider } from '../../src/providers/vault/vault.ts'
import { CANARY, contextOf, everyTextOf, thrownBy } from '../contract/secret-provider.ts'
import { type StartedKubernetes, startKubernetes } from '../support/servers/kubernetes.ts'
import { describeWithServer } from '../support/servers/require-server.ts'
import { type StartedVault, startVault } from '../support/servers/vault.ts'
import { addAppRole } from '../support/servers/vault-database.ts'

describeWithServer(
  ['vault', 'kube-apiserver'],
  'vault, logged into from a pod of a real cluster',
  () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-vault-pod-')))
    const file = join(folder, 'token')
    const noLedger = {
      put: async () => {},
      extend: async () => {},
      remove: async () => {},
      orphans: async () => [],
    }
    let vault: StartedVault
    let cluster: StartedKubernetes

    beforeAll(async () => {
      vault = await startVault()
      cluster = await startKubernetes()
      // For its policy `keyhand`.
      await addAppRole(vault)
      await vault.api('POST', 'secret/data/app', { data: { value: CANARY } })
      await vault.api('POST', 'sys/auth/kubernetes', { type: 'kubernetes' })
      await vault.api('POST', 'auth/kubernetes/config', {
        kubernetes_host: cluster.url,
        kubernetes_ca_cert: cluster.ca,
        disable_local_ca_jwt: true,
        token_reviewer_jwt: cluster.token,
      })
      await vault.api('POST', 'auth/kubernetes/role/keyhand', {
        bound_service_account_names: 'keyhand',
        bound_service_account_namespaces: 'default',
        token_policies: 'keyhand',
      })
    })
    afterAll(async () => {
      await vault.stop()
      await cluster.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const read = () => {
      const reference: VaultReference = {
        path: 'secret/app',
        address: vault.url,
        auth: { type: 'kubernetes', role: 'keyhand', file },
      }
      const provider = createVaultProvider({ env: {}, now: Date.now, ledger: noLedger })
      return provider.fetch(reference, contextOf())
    }

    it('reads by the token of the service account that the role is for', async () => {
      writeFileSync(file, await cluster.serviceAccount('keyhand'))
      expect((await read())?.fields.get('value')?.reveal()).toBe(CANARY)
    })

    it.each([
      ['of another service account', () => cluster.serviceAccount('other')],
      ['that the cluster does not know', async () => `${await cluster.serviceAccount('keyhand')}x`],
    ])('is not logged in by a token %s, and does not repeat it', async (_what, make) => {
      const token = await make()
      writeFileSync(file, token)
      const error = await thrownBy(read())
      expect(error.code).toBe('secret_not_logged_in')
      expect(error.message).toMatch(/^Vault does not accept the login by kubernetes/)
      expect(everyTextOf(error)).not.toContain(token.slice(-40))
    })
  },
)
