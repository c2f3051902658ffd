import { BrokerError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

/** The name under which an identity is a `Secret`; it is never a field of anything. */
const IDENTITY = 'keyhand-file-identity'

const IDENTITY_LINE = /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/m

const age = () => import('age-encryption')

export async function newIdentity(): Promise<Secret> {
  return new Secret(IDENTITY, await (await age()).generateX25519Identity())
}

/** The identity in the text of an identity file, as `age-keygen` writes it too. Null where there is none. */
export function parseIdentity(text: string): Secret | null {
  const line = IDENTITY_LINE.exec(text)?.[0]
  return line === undefined ? null : new Secret(IDENTITY, line)
}

/** A standard identity file, which `age -d -i` takes. */
export async function identityText(identity: Secret): Promise<string> {
  return `# keyhand: opens secrets.age. Keep it to yourself.\n# public key: ${await recipientOf(identity)}\n${identity.reveal()}\n`
}

async function recipientOf(identity: Secret): Promise<string> {
  return (await age()).identityToRecipient(identity.reveal())
}

/** Encrypts to the identity's own recipient: a standard age file with one X25519 stanza. */
export async function encryptTo(identity: Secret, text: string): Promise<Uint8Array> {
  const encrypter = new (await age()).Encrypter()
  encrypter.addRecipient(await recipientOf(identity))
  return encrypter.encrypt(text)
}

/** @throws BrokerError `secret_invalid` where the file is damaged or made for another identity. */
export async function decryptWith(
  identity: Secret,
  bytes: Uint8Array,
  path: string,
): Promise<string> {
  const decrypter = new (await age()).Decrypter()
  decrypter.addIdentity(identity.reveal())
  try {
    return await decrypter.decrypt(bytes, 'text')
  } catch (thrown) {
    throw noMatch(thrown)
      ? new BrokerError(
          'secret_invalid',
          `\`${path}\` is encrypted for another identity than this home's`,
          {
            fix: "Put back the identity that it was made with, or encrypt it anew to this home's.",
          },
        )
      : damaged(path)
  }
}

/** Encrypts an identity to a passphrase: a standard age file with one scrypt stanza. */
export async function lockIdentity(
  identity: Secret,
  passphrase: Secret,
  workFactor: number,
): Promise<Uint8Array> {
  const encrypter = new (await age()).Encrypter()
  encrypter.setScryptWorkFactor(workFactor)
  encrypter.setPassphrase(passphrase.reveal())
  return encrypter.encrypt(await identityText(identity))
}

/** @throws BrokerError `secret_denied` where the passphrase is wrong, `secret_invalid` where the file is damaged. */
export async function unlockIdentity(
  bytes: Uint8Array,
  passphrase: Secret,
  path: string,
): Promise<Secret> {
  const decrypter = new (await age()).Decrypter()
  decrypter.addPassphrase(passphrase.reveal())
  let text: string
  try {
    text = await decrypter.decrypt(bytes, 'text')
  } catch (thrown) {
    if (noMatch(thrown)) throw new BrokerError('secret_denied', 'the passphrase is wrong')
    throw damaged(path)
  }
  const identity = parseIdentity(text)
  if (identity === null) throw damaged(path)
  return identity
}

function noMatch(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('no identity matched')
}

function damaged(path: string): BrokerError {
  return new BrokerError('secret_invalid', `\`${path}\` is damaged, or no age file`, {
    fix: 'Put back the last good copy of it.',
  })
}
