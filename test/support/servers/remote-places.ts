import * as z from 'zod'
import { Secret } from '../../../src/core/secret.ts'
import { createAwsSecretsManagerProvider } from '../../../src/providers/aws-secrets-manager/aws-secrets-manager.ts'
import { createAwsSsmProvider } from '../../../src/providers/aws-ssm/aws-ssm.ts'
import { createAzureKeyVaultProvider } from '../../../src/providers/azure-key-vault/azure-key-vault.ts'
import { createGcpSecretManagerProvider } from '../../../src/providers/gcp-secret-manager/gcp-secret-manager.ts'
import { createKubernetesProvider } from '../../../src/providers/kubernetes/kubernetes.ts'
import { createOnePasswordProvider } from '../../../src/providers/onepassword/onepassword.ts'
import type { SecretProvider } from '../../../src/providers/provider.ts'
import { createVaultProvider } from '../../../src/providers/vault/vault.ts'
import { awsValue, startAwsFake } from './aws-fake.ts'
import { startGcpFake } from './gcp-fake.ts'
import { json, startJsonFake } from './json-fake.ts'

/** A remote place of each kind, as a fake of it that is well and knows one secret. */
export interface RemotePlace {
  readonly provider: SecretProvider
  /** Where the fake is. */
  readonly url: string
  /** The reference to its secret at that address or at one that leads there. */
  reference(address: string, ca?: string): object
  /** The catalog's secrets that it logs in with, by name. */
  readonly logins: Readonly<Record<string, string>>
  /** Whether the catalog may name the authority of its certificate. */
  readonly takesCa: boolean
  stop(): Promise<void>
}

type Start = (value: string) => Promise<RemotePlace>

const VAULT_ID = 'ftz4pm2xxwmwrsd7rjqn7grzfz'
const ITEM_ID = '2fcbqwe9ndg175zg2dzwftvkpa'
const awsKey = { access_key_id: 'AKIDEXAMPLE0000000', secret_access_key: 'token' }
const caOf = (ca: string | undefined) => (ca === undefined ? {} : { ca })

/** By the catalog's word for the provider. */
export const remotePlaces: Readonly<Record<string, Start>> = {
  'aws-secrets-manager': async (value) => {
    const fake = await startAwsFake(
      awsValue({ SecretString: value, VersionId: 'version-1', CreatedDate: 1_790_000_000 }),
    )
    return {
      provider: anyReference(createAwsSecretsManagerProvider()),
      reference: (endpoint) => ({
        ...{ id: 'prod/stripe', region: 'eu-central-1', endpoint },
        credentials: awsKey,
      }),
      logins: { token: 'aws-secret-part' },
      takesCa: false,
      ...fake,
    }
  },

  'aws-ssm': async (value) => {
    const parameter = { Name: '/prod/stripe', Type: 'SecureString', Value: value, Version: 1 }
    const fake = await startAwsFake(awsValue({ Parameter: parameter }))
    return {
      provider: anyReference(createAwsSsmProvider()),
      reference: (endpoint) => ({
        ...{ name: '/prod/stripe', region: 'eu-central-1', endpoint },
        credentials: awsKey,
      }),
      logins: { token: 'aws-secret-part' },
      takesCa: false,
      ...fake,
    }
  },

  vault: async (value) => {
    const mount = { data: { path: 'secret/', type: 'kv', options: { version: '2' } } }
    const data = { data: { value }, metadata: { version: 3 } }
    const fake = await startJsonFake((request, response) => {
      const answer = request.url.includes('/ui/mounts/') ? json(200, mount) : json(200, { data })
      answer(request, response)
    })
    const ledger = { put: nothing, extend: nothing, remove: nothing, orphans: async () => [] }
    return {
      provider: anyReference(createVaultProvider({ env: {}, now: Date.now, ledger })),
      reference: (address, ca) => ({
        ...{ path: 'secret/app', key: 'value', address, auth: { type: 'token', token: 'token' } },
        ...caOf(ca),
      }),
      logins: { token: 'hvs.token' },
      takesCa: true,
      ...fake,
    }
  },

  '1password': async (value) => {
    const field = { id: 'password', type: 'CONCEALED', label: 'password', value }
    const fake = await startJsonFake((request, response) => {
      const item = request.url.includes('/items/')
      const answer = json(200, item ? { fields: [field], version: 3 } : [{ id: VAULT_ID }])
      answer(request, response)
    })
    return {
      provider: anyReference(createOnePasswordProvider()),
      reference: (address, ca) => ({
        reference: `op://${VAULT_ID}/${ITEM_ID}/password`,
        connect: { address, token: 'token', ...caOf(ca) },
      }),
      logins: { token: 'connect-token' },
      takesCa: true,
      ...fake,
    }
  },

  'azure-key-vault': async (value) => {
    const id = 'https://my-vault.vault.azure.net/secrets/stripe/v3'
    const fake = await startJsonFake(json(200, { value, id, attributes: { enabled: true } }))
    const makeCredential = () => ({
      getToken: async () => ({ token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 }),
    })
    return {
      provider: anyReference(createAzureKeyVaultProvider({ now: Date.now, makeCredential })),
      reference: (address, ca) => ({ address, name: 'stripe', ...caOf(ca) }),
      logins: {},
      takesCa: true,
      ...fake,
    }
  },

  kubernetes: async (value) => {
    const data = { password: Buffer.from(value).toString('base64') }
    const fake = await startJsonFake(
      json(200, { kind: 'Secret', metadata: { resourceVersion: '4711' }, data }),
    )
    return {
      provider: anyReference(createKubernetesProvider({ env: {}, now: Date.now, podFolder: '/x' })),
      reference: (address, ca) => ({
        ...{ namespace: 'prod', name: 'db', key: 'password', token: 'token', address },
        ...caOf(ca),
      }),
      logins: { token: 'kube-token' },
      takesCa: true,
      ...fake,
    }
  },

  'gcp-secret-manager': async (value) => {
    const fake = await startGcpFake()
    fake.secrets.set('projects/demo/secrets/stripe', [{ value }])
    return {
      provider: anyReference(
        createGcpSecretManagerProvider({
          ...{ env: {}, home: '/nonexistent', now: Date.now, metadata: fake.url },
        }),
      ),
      reference: (endpoint) => ({
        ...{ project: 'demo', name: 'stripe', endpoint, token_endpoint: fake.tokenEndpoint },
        service_account_key: 'token',
      }),
      logins: { token: fake.serviceAccountKey },
      takesCa: false,
      url: fake.url,
      stop: () => fake.stop(),
    }
  },
}

/** Gives what the logins hold, as a local store does. */
export function loginStore(logins: Readonly<Record<string, string>>): SecretProvider {
  return {
    type: 'logins',
    description: 'what places are logged in to with',
    reference: z.unknown(),
    defaults: { watch: 'used', cacheMs: 0 },
    needs: () => [],
    store: null,
    async fetch(_, { name }) {
      const fields = new Map([['value', new Secret(name, logins[name] ?? '')]])
      return { fields, version: null, createdAt: null, lease: null }
    },
  }
}

/** References come from the catalog's schema, as in real life. */
function anyReference<Reference>(provider: SecretProvider<Reference>): SecretProvider {
  return provider as SecretProvider
}

async function nothing(): Promise<void> {}
