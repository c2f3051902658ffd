import { BrokerError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { parseIdentity } from './age.ts'
import { readPrivateFile, stampOf } from './private-file.ts'
import type { FilePlaces } from './reference.ts'
import { readIdentity } from './unlocked-socket.ts'

/** Where the identity that opens a home's encrypted file is: chosen once, when the file is made. */
export type IdentityKind = 'keychain' | 'file' | 'passphrase'

/** The keychain item that holds the identity. */
export interface IdentityKeychain {
  /** Null where there is none. @throws BrokerError `secret_locked` where that cannot be known. */
  get(signal: AbortSignal): Promise<Secret | null>
  /** Makes sure that the keychain can be written and read, so that a `null` of `get` means what it says. */
  prepare(signal: AbortSignal): Promise<void>
  put(identity: Secret, signal: AbortSignal): Promise<void>
  remove(signal: AbortSignal): Promise<boolean>
}

export interface IdentityOptions {
  readonly places: FilePlaces
  readonly socket: string
  readonly keychain: IdentityKeychain
}

/** Which kind of identity this home has; `keychain` where no file says otherwise. */
export function identityKind({ places }: IdentityOptions): IdentityKind {
  if (stampOf(places.plainIdentity) !== null) return 'file'
  return stampOf(places.lockedIdentity) === null ? 'keychain' : 'passphrase'
}

/**
 * The identity that opens this home's encrypted file, read anew each time, so that `keyhand unlock --lock` and a locked
 * keychain hold at once.
 *
 * @throws BrokerError `secret_locked` where there is none that can be read now, saying what to do.
 */
export async function findIdentity(options: IdentityOptions, signal: AbortSignal): Promise<Secret> {
  const plain = readPrivateFile(options.places.plainIdentity)
  if (plain !== null) return fromFile(plain.bytes, options.places.plainIdentity)
  if (stampOf(options.places.lockedIdentity) !== null) return unlocked(options, signal)
  const identity = await options.keychain.get(signal)
  if (identity !== null) return identity
  throw new BrokerError(
    'secret_locked',
    `nothing here opens \`${options.places.secrets}\`: its identity is gone`,
    {
      fix: `Put back the keychain item of the identity, or \`${options.places.plainIdentity}\`.`,
    },
  )
}

function fromFile(bytes: Uint8Array, path: string): Secret {
  const identity = parseIdentity(Buffer.from(bytes).toString('utf8'))
  if (identity !== null) return identity
  throw new BrokerError('secret_invalid', `\`${path}\` holds no age identity`, {
    fix: 'Put back the line that starts with `AGE-SECRET-KEY-1`.',
  })
}

/** With a passphrase, the identity is where `keyhand unlock` put it. */
async function unlocked(
  { socket, keychain }: IdentityOptions,
  signal: AbortSignal,
): Promise<Secret> {
  const served = await readIdentity(socket, signal)
  if (served !== null) return served
  let kept: Secret | null = null
  try {
    kept = await keychain.get(signal)
  } catch (thrown) {
    // A machine without a keychain is as locked as one whose keychain has no identity.
    if (thrown instanceof BrokerError && thrown.code === 'cancelled') throw thrown
  }
  if (kept !== null) return kept
  throw new BrokerError('secret_locked', 'locked: run `keyhand unlock`', {
    fix: 'Ask the human who has the passphrase to run `keyhand unlock`.',
  })
}
