import { rm } from 'node:fs/promises'
import { composeSecretsFile } from '../compose-owner.ts'
import { BrokerError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Io } from './io.ts'
import { keychainProblem } from './keychain.ts'
import { takeTurn } from './turn.ts'

export type IdentityKind = 'keychain' | 'file' | 'passphrase'

/** What was made, and what opens it. */
export interface EncryptedFile {
  readonly path: string
  readonly identity: IdentityKind
  readonly made: boolean
}

/** The home's encrypted file, made where there is none: its identity goes to the keychain, or where that fails beside it. */
export async function ensureSecretsFile(io: Io, signal: AbortSignal): Promise<EncryptedFile> {
  const file = composeSecretsFile(io)
  const before = await file.status()
  if (before.exists) return { path: file.path, identity: before.identity, made: false }
  // One at a time: of two identities that are put into the keychain only the second would stay.
  const turn = `${file.path}.new`
  const handle = await takeTurn(turn)
  try {
    const { exists, identity } = await file.status()
    if (exists) return { path: file.path, identity, made: false }
    return await makeSecretsFile(io, await kindFor(io, identity), signal)
  } finally {
    await handle.close()
    await rm(turn, { force: true })
  }
}

/** An identity that is there already says which kind it is; `keychain` also stands for none at all. */
async function kindFor(io: Io, found: IdentityKind): Promise<IdentityKind> {
  if (found === 'passphrase') {
    throw new BrokerError(
      'usage',
      'the encrypted file is not there, but its passphrase identity is',
      { fix: 'Run `keyhand init --passphrase` with that passphrase, or put the file back.' },
    )
  }
  return found === 'file' || (await keychainProblem(io)) !== null ? 'file' : 'keychain'
}

/** Makes the encrypted file, with an identity of this kind. @throws BrokerError `secret_conflict` where it is there. */
export async function makeSecretsFile(
  io: Io,
  identity: IdentityKind,
  signal: AbortSignal,
  passphrase?: Secret,
): Promise<EncryptedFile> {
  const file = composeSecretsFile(io)
  await file.create(identity, signal, passphrase)
  return { path: file.path, identity, made: true }
}

/** What opens the file, for the person who has just had it made. */
export function identitySentence(identity: IdentityKind): string {
  switch (identity) {
    case 'keychain':
      return 'The OS keychain holds what opens it.'
    case 'file':
      return 'identity.txt beside it opens it: whoever can read this folder can read the values.'
    case 'passphrase':
      return 'Your passphrase opens it: keyhand unlock'
  }
}
