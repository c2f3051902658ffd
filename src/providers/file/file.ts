import { BrokerError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { SecretProvider, SecretStore } from '../provider.ts'
import { decryptWith, encryptTo } from './age.ts'
import {
  type Contents,
  contentsText,
  fetchedOf,
  parseContents,
  withoutKey,
  withValue,
} from './contents.ts'
import { findIdentity, type IdentityKeychain } from './identity.ts'
import { readPrivateFile, replacePrivateFile, stampOf } from './private-file.ts'
import { type FileReference, filePlaces, fileReference, referencePath } from './reference.ts'
import { socketPath } from './unlocked-socket.ts'

export interface FileOptions {
  /** KEYHAND_HOME. */
  readonly home: string
  /** KEYHAND_STATE. */
  readonly state: string
  readonly now: () => number
  readonly keychain: IdentityKeychain
}

/** What a file held when it was last opened. The values in it are `Secret`s. */
interface Opened {
  readonly stamp: string
  readonly identity: Secret
  readonly contents: Contents
}

/** An encrypted file: a standard age file of this home. */
export function createFileProvider(
  options: FileOptions,
): SecretProvider<FileReference> & { readonly store: SecretStore<FileReference> } {
  const { home } = options
  const opened = new Map<string, Opened>()

  async function identity(signal: AbortSignal): Promise<Secret> {
    const socket = socketPath(options.state, home)
    return findIdentity({ places: filePlaces(home), socket, keychain: options.keychain }, signal)
  }

  /**
   * The contents, decrypted anew only where file or identity are others than last time; the identity is asked for each
   * time, so that what was locked meanwhile stays shut. Null where there is no file.
   */
  async function read(path: string, signal: AbortSignal): Promise<Opened | null> {
    const stamp = stampOf(path)
    if (stamp === null) return null
    const current = await identity(signal)
    const before = opened.get(path)
    if (before?.stamp === stamp && before.identity.reveal() === current.reveal()) return before
    opened.delete(path)
    const file = readPrivateFile(path)
    if (file === null) return null
    const contents = parseContents(await decryptWith(current, file.bytes, path), path)
    const now = { stamp: file.stamp, identity: current, contents }
    opened.set(path, now)
    return now
  }

  /** Changes the file under its lock, by a new file in its place. */
  async function change<T>(
    reference: FileReference,
    signal: AbortSignal,
    edit: (held: Contents) => { readonly contents: Contents; readonly result: T } | null,
  ): Promise<T | null> {
    throwIfAborted(signal)
    const path = referencePath(home, reference)
    const key = await identity(signal)
    return (await import('./write-lock.ts')).withLock(path, async (checkLock) => {
      const held = (await read(path, signal))?.contents ?? new Map()
      const edited = edit(held)
      if (edited === null) return null
      const bytes = await encryptTo(key, contentsText(edited.contents))
      throwIfAborted(signal)
      checkLock()
      await replacePrivateFile(path, bytes)
      return edited.result
    })
  }

  return {
    type: 'file',
    description: 'an encrypted file of this home (age)',
    reference: fileReference,
    defaults: { watch: 'always', cacheMs: 0 },

    needs: () => [],

    async fetch(reference, { name, signal }) {
      throwIfAborted(signal)
      const held = await read(referencePath(home, reference), signal)
      return held === null ? null : fetchedOf(held.contents, reference.key ?? name, name)
    },

    store: {
      async put(reference, value, { name, signal }, expectedVersion) {
        const key = reference.key ?? name
        const version = await change(reference, signal, (held) => {
          const { contents, version: result } = withValue(
            held,
            key,
            value,
            options.now(),
            expectedVersion,
          )
          return { contents, result }
        })
        const path = referencePath(home, reference)
        const kept = (await read(path, signal))?.contents.get(key)
        const field = kept?.fields.get(value.field ?? 'value')
        if (field?.reveal() !== value.reveal()) {
          throw new BrokerError(
            'secret_unreachable',
            `\`${path}\` was written, but does not give \`${key}\` back`,
          )
        }
        return version
      },

      async remove(reference, { name, signal }) {
        const key = reference.key ?? name
        const path = referencePath(home, reference)
        if (stampOf(path) === null) return false
        const removed = await change(reference, signal, (held) =>
          held.has(key) ? { contents: withoutKey(held, key), result: true } : null,
        )
        return removed ?? false
      },
    },
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
}
