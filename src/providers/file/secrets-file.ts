import { BrokerError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import {
  encryptTo,
  identityText,
  lockIdentity,
  newIdentity,
  parseIdentity,
  unlockIdentity,
} from './age.ts'
import { contentsText } from './contents.ts'
import type { FileOptions } from './file.ts'
import { type IdentityKind, identityKind } from './identity.ts'
import { createPrivateFile, readPrivateFile, stampOf } from './private-file.ts'
import { filePlaces } from './reference.ts'
import { serveIdentity } from './unlocked-process.ts'
import { lockSocket, prepareSocketFolder, socketPath } from './unlocked-socket.ts'

/** As age does it; about a second. */
const WORK_FACTOR = 18
const MAX_HOURS = 168

/** What the owner does with the encrypted file of a home: make it, unlock it, lock it. */
export interface SecretsFile {
  readonly path: string
  /** Whether the file is there, and where its identity is. */
  status(): Promise<{ readonly exists: boolean; readonly identity: IdentityKind }>
  /**
   * Makes the file, empty, and its identity. An identity that is there already is used and never overwritten.
   *
   * @param passphrase for the kind `passphrase` only.
   * @throws BrokerError `secret_conflict` where the file, or an identity of another kind, is there.
   */
  create(identity: IdentityKind, signal: AbortSignal, passphrase?: Secret): Promise<void>
  /**
   * Puts the identity where `serve` finds it: into the keychain, until `lock`, or behind a socket for some hours (at most
   * 168). Returns when it ends, in ms since the epoch; null for the keychain.
   *
   * @throws BrokerError `secret_denied` where the passphrase is wrong; `usage` where there is nothing to unlock.
   */
  unlock(passphrase: Secret, into: UnlockInto, signal: AbortSignal): Promise<number | null>
  /** Takes the identity away from both places. True where it was in one. */
  lock(signal: AbortSignal): Promise<boolean>
}

export type UnlockInto =
  | { readonly into: 'keychain' }
  | { readonly into: 'socket'; readonly hours: number }

export function createSecretsFile(
  options: FileOptions & { /** For tests: a cheaper one. */ readonly workFactor?: number },
): SecretsFile {
  const { home, keychain } = options
  const places = filePlaces(home)
  const workFactor = options.workFactor ?? WORK_FACTOR
  const socket = () => socketPath(options.state, home)
  const kind = () => identityKind({ places, socket: socket(), keychain })

  async function makeIdentity(
    wanted: IdentityKind,
    signal: AbortSignal,
    passphrase?: Secret,
  ): Promise<Secret> {
    const there = kind()
    if (there !== 'keychain' && there !== wanted) {
      throw new BrokerError(
        'secret_conflict',
        `this home has an identity of the kind \`${there}\` already`,
        {
          fix: `Use \`${there}\`, or move its identity file away.`,
        },
      )
    }
    switch (wanted) {
      case 'keychain': {
        await keychain.prepare(signal)
        const identity = (await keychain.get(signal)) ?? (await newIdentity())
        await keychain.put(identity, signal)
        return identity
      }
      case 'file': {
        const before = readPrivateFile(places.plainIdentity)
        if (before !== null) return parsed(before.bytes, places.plainIdentity)
        const identity = await newIdentity()
        await createPrivateFile(places.plainIdentity, await identityText(identity))
        return identity
      }
      case 'passphrase': {
        if (passphrase === undefined || passphrase.reveal() === '') {
          throw new BrokerError('usage', 'an identity of the kind `passphrase` needs a passphrase')
        }
        const before = readPrivateFile(places.lockedIdentity)
        if (before !== null) return unlockIdentity(before.bytes, passphrase, places.lockedIdentity)
        const identity = await newIdentity()
        await createPrivateFile(
          places.lockedIdentity,
          await lockIdentity(identity, passphrase, workFactor),
        )
        return identity
      }
    }
  }

  return {
    path: places.secrets,

    async status() {
      return { exists: stampOf(places.secrets) !== null, identity: kind() }
    },

    async create(wanted, signal, passphrase) {
      if (stampOf(places.secrets) !== null) {
        throw new BrokerError('secret_conflict', `\`${places.secrets}\` is there already`)
      }
      const identity = await makeIdentity(wanted, signal, passphrase)
      await createPrivateFile(places.secrets, await encryptTo(identity, contentsText(new Map())))
    },

    async unlock(passphrase, into, signal) {
      const file = readPrivateFile(places.lockedIdentity)
      if (file === null) {
        throw new BrokerError(
          'usage',
          'there is nothing to unlock: no passphrase protects this home',
        )
      }
      const identity = await unlockIdentity(file.bytes, passphrase, places.lockedIdentity)
      if (into.into === 'keychain') {
        await keychain.put(identity, signal)
        return null
      }
      if (!(into.hours > 0 && into.hours <= MAX_HOURS)) {
        throw new BrokerError(
          'usage',
          `\`${into.hours}\` hours: it must be more than 0 and at most ${MAX_HOURS}`,
        )
      }
      const path = socket()
      await prepareSocketFolder(path)
      await lockSocket(path, signal)
      const expiresAt = options.now() + Math.round(into.hours * 3_600_000)
      await serveIdentity({ socket: path, identity, expiresAt, signal })
      return expiresAt
    },

    async lock(signal) {
      // INVARIANT: without `identity.age` the keychain holds the only copy there is.
      if (kind() !== 'passphrase') {
        throw new BrokerError('usage', 'there is nothing to lock: no passphrase protects this home')
      }
      const served = await lockSocket(socket(), signal)
      const kept = await keychain.remove(signal).catch((thrown: unknown) => {
        const code = thrown instanceof BrokerError ? thrown.code : null
        // No keychain, nothing in it. A locked one may hold the identity, but not where the socket was all there was.
        if (code === 'secret_unreachable' || (code === 'secret_locked' && served)) return false
        throw thrown
      })
      return served || kept
    },
  }
}

function parsed(bytes: Uint8Array, path: string): Secret {
  const identity = parseIdentity(new TextDecoder().decode(bytes))
  if (identity === null)
    throw new BrokerError('secret_invalid', `\`${path}\` holds no age identity`)
  return identity
}
