import { BrokerError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { boundedKeychain, exitDespiteHang, type Keytar, loadKeytar } from './keychain/library.ts'
import {
  type KeychainReference,
  keychainReference,
  keychainService,
  PROBE_ACCOUNT,
  PROBE_VALUE,
} from './keychain/reference.ts'
import { type SecretProvider, type SecretStore, VALUE_FIELD } from './provider.ts'

/** What Windows Credential Manager takes, in bytes of UTF-8. */
const WINDOWS_LIMIT = 2560

export interface KeychainOptions {
  /** KEYHAND_HOME. */
  readonly home: string
  /** What KEYHAND_HOME is where nobody sets it. */
  readonly defaultHome: string
  /** `process.platform`. */
  readonly platform: string
  readonly load?: () => Promise<Keytar>
  /** How long one call may take; 5 s where it is left out. */
  readonly timeoutMs?: number
  readonly onHang?: () => void
}

/** macOS Keychain, Windows Credential Manager, Secret Service. There is no fall-back to any other place. */
export function createKeychainProvider(
  options: KeychainOptions,
): SecretProvider<KeychainReference> & { readonly store: SecretStore<KeychainReference> } {
  let reported = false
  const keychain = boundedKeychain({
    load: options.load ?? loadKeytar,
    timeoutMs: options.timeoutMs ?? 5_000,
    onHang: () => {
      if (!reported) (options.onHang ?? exitDespiteHang)()
      reported = true
    },
  })

  async function item(reference: KeychainReference, name: string) {
    const own = await keychainService(options.home, options.defaultHome)
    return { own, service: reference.service ?? own, account: reference.account ?? name }
  }

  return {
    type: 'keychain',
    description: "the operating system's keychain",
    reference: keychainReference,
    defaults: { watch: 'used', cacheMs: 0 },

    needs: () => [],

    async fetch(reference, { name, signal }) {
      const { own, service, account } = await item(reference, name)
      const value = await keychain.get(service, account, signal)
      if (value === null) {
        // A locked collection answers `null` as well (tried): only a probe that can be read makes it "not found".
        if ((await keychain.get(own, PROBE_ACCOUNT, signal)) === null) throw perhapsLocked(account)
        return null
      }
      if (value === '')
        throw new BrokerError('secret_invalid', `the keychain item of \`${account}\` is empty`)
      const fields = new Map([[VALUE_FIELD, new Secret(name, value)]])
      return { fields, version: null, createdAt: null, lease: null }
    },

    store: {
      async put(reference, value, { name, signal }, expectedVersion) {
        if (expectedVersion !== undefined) {
          throw new BrokerError(
            'secret_conflict',
            'the OS keychain keeps no versions to compare with',
          )
        }
        const { own, service, account } = await item(reference, name)
        const text = value.reveal()
        checkValue(text, value, options.platform)
        await keychain.set(own, PROBE_ACCOUNT, PROBE_VALUE, signal)
        if ((await keychain.get(own, PROBE_ACCOUNT, signal)) !== PROBE_VALUE) throw notKept(account)
        await keychain.set(service, account, text, signal)
        if ((await keychain.get(service, account, signal)) !== text) throw notKept(account)
        return null
      },

      async remove(reference, { name, signal }) {
        const { own, service, account } = await item(reference, name)
        if (await keychain.remove(service, account, signal)) return true
        if ((await keychain.get(own, PROBE_ACCOUNT, signal)) === null) throw perhapsLocked(account)
        return false
      },
    },
  }
}

/** @throws BrokerError `secret_invalid` for what the keychain would refuse or change, before anything is written. */
function checkValue(text: string, value: Secret, platform: string): void {
  if (value.field !== null) {
    throw new BrokerError('secret_invalid', 'a keychain item holds one value, not several fields', {
      fix: 'Keep it in the encrypted file (`provider: file`), or one secret for each field.',
    })
  }
  if (text === '') throw new BrokerError('secret_invalid', 'the value is empty')
  if (text.includes('\0')) {
    throw new BrokerError(
      'secret_invalid',
      'the value holds a NUL character, at which a keychain cuts it',
      {
        fix: 'Keep it in the encrypted file (`provider: file`).',
      },
    )
  }
  const bytes = Buffer.byteLength(text)
  if (platform === 'win32' && bytes > WINDOWS_LIMIT) {
    throw new BrokerError(
      'secret_invalid',
      `the value has ${bytes} bytes, and Windows Credential Manager takes ${WINDOWS_LIMIT}`,
      { fix: 'Keep it in the encrypted file (`provider: file`).' },
    )
  }
}

function perhapsLocked(account: string): BrokerError {
  return new BrokerError(
    'secret_locked',
    `the OS keychain shows nothing for \`${account}\`, nor the probe that would prove that it is unlocked`,
    {
      fix:
        'Unlock the keychain (log in to the desktop, or `gnome-keyring-daemon --unlock`); ' +
        'where nothing was stored yet, run `keyhand secret set NAME`.',
    },
  )
}

function notKept(account: string): BrokerError {
  return new BrokerError(
    'secret_unreachable',
    `the OS keychain said that it stored \`${account}\`, but does not give it back`,
    {
      fix: 'Check the keychain with its own program, or keep the secret in the encrypted file (`provider: file`).',
    },
  )
}
