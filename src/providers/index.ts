import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { BrokerError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { createAwsSecretsManagerProvider } from './aws-secrets-manager/aws-secrets-manager.ts'
import { createAwsSsmProvider } from './aws-ssm/aws-ssm.ts'
import { createAzureKeyVaultProvider } from './azure-key-vault/azure-key-vault.ts'
import { createCommandProvider } from './command/command.ts'
import { createEnvProvider } from './env.ts'
import { createFileProvider, type FileOptions } from './file/file.ts'
import type { IdentityKeychain } from './file/identity.ts'
import { createSecretsFile, type SecretsFile } from './file/secrets-file.ts'
import { createGcpSecretManagerProvider } from './gcp-secret-manager/gcp-secret-manager.ts'
import { PROBE_ACCOUNT, PROBE_VALUE } from './keychain/reference.ts'
import { createKeychainProvider } from './keychain.ts'
import { createKubernetesProvider } from './kubernetes/kubernetes.ts'
import { createOnePasswordProvider } from './onepassword/onepassword.ts'
import { contextAlone, type SecretProvider, VALUE_FIELD } from './provider.ts'
import { createSopsProvider } from './sops/sops.ts'
import type { Ledger } from './vault/ledger.ts'
import { createVaultProvider } from './vault/vault.ts'

export interface ProvidersOptions {
  /** KEYHAND_HOME. */
  readonly home: string
  /** KEYHAND_STATE. */
  readonly state: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

/** Every provider there is, by the catalog's word for it. Nothing is opened, read or loaded by this. */
export function createProviders(
  options: ProvidersOptions & {
    /** Where it stands which process was lent what. */
    readonly ledger: Ledger
  },
): ReadonlyMap<string, SecretProvider> {
  const keychain = homeKeychain(options)
  const providers: readonly SecretProvider[] = [
    keychain,
    createFileProvider(fileOptions(options, keychain)),
    createEnvProvider(options),
    createAwsSecretsManagerProvider(),
    createAwsSsmProvider(),
    createGcpSecretManagerProvider(options),
    createCommandProvider(),
    createVaultProvider(options),
    createAzureKeyVaultProvider(options),
    createKubernetesProvider(options),
    createOnePasswordProvider(),
    createSopsProvider(options),
  ]
  return new Map(providers.map((provider) => [provider.type, provider]))
}

/** The encrypted file of a home, for the commands of its owner. */
export function openSecretsFile(options: ProvidersOptions): SecretsFile {
  return createSecretsFile(fileOptions(options, homeKeychain(options)))
}

/** Writes and reads the probe. @throws BrokerError with what stands between keyhand and the OS keychain. */
export async function prepareKeychain(
  options: ProvidersOptions,
  signal: AbortSignal,
): Promise<void> {
  await identityKeychain(homeKeychain(options)).prepare(signal)
}

function homeKeychain({ home, env }: ProvidersOptions) {
  return createKeychainProvider({ home, defaultHome: defaultHome(env), platform: process.platform })
}

/** What KEYHAND_HOME is where nobody sets it. A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory). */
function defaultHome(env: ProvidersOptions['env']): string {
  const config = env['XDG_CONFIG_HOME']
  return join(
    config !== undefined && isAbsolute(config) ? config : join(homedir(), '.config'),
    'keyhand',
  )
}

function fileOptions(
  { home, state, now }: ProvidersOptions,
  keychain: ReturnType<typeof createKeychainProvider>,
): FileOptions {
  return { home, state, now, keychain: identityKeychain(keychain) }
}

/** The keychain item of the encrypted file's identity. */
function identityKeychain({
  fetch,
  store,
}: ReturnType<typeof createKeychainProvider>): IdentityKeychain {
  const name = 'keyhand-file-identity'
  return {
    async get(signal) {
      const fetched = await fetch({}, contextAlone(name, signal))
      if (fetched === null) return null
      const identity = fetched.fields.get(VALUE_FIELD)
      if (identity === undefined)
        throw new BrokerError('internal', 'a keychain item without a value')
      return identity
    },
    async prepare(signal) {
      const probe = new Secret(PROBE_ACCOUNT, PROBE_VALUE)
      await store.put({}, probe, contextAlone(PROBE_ACCOUNT, signal))
    },
    async put(identity, signal) {
      await store.put({}, identity, contextAlone(name, signal))
    },
    async remove(signal) {
      return store.remove({}, contextAlone(name, signal))
    },
  }
}
