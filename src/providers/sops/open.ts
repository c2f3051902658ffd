import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'
import { armor, Decrypter } from 'age-encryption'
import { BrokerError } from '../../core/errors.ts'
import { type Leaf, leavesOf, type SopsFile } from './tree.ts'

/** What the MAC over encrypted values alone begins with, so that it is never that over all. */
const ONLY_ENCRYPTED = Buffer.from(
  '8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69',
  'hex',
)

const ENCRYPTED = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([a-z]+)\]$/

/** The values of a file that were encrypted in it. One that stands there in plain text is none: whoever can write the file gave it. */
export type Opened = ReadonlyMap<Leaf, string>

/**
 * Decrypts every value, and checks the MAC over all of them before it gives any.
 *
 * @throws BrokerError `secret_denied` where the identity opens nothing, `secret_invalid` where anything was changed.
 */
export async function openSopsFile(
  { tree, metadata }: SopsFile,
  identities: readonly string[],
  path: string,
): Promise<Opened> {
  const key = await dataKey(metadata.age, identities, path)
  const opened = new Map<Leaf, string>()
  const hash = createHash('sha512')
  if (metadata.macOnlyEncrypted) hash.update(ONLY_ENCRYPTED)
  for (const [leaf, names] of leavesOf(tree)) {
    if (!leaf.text.startsWith('ENC[')) {
      if (!metadata.macOnlyEncrypted) hash.update(leaf.text)
      continue
    }
    const { text, type } = decrypt(leaf.text, key, `${names.join(':')}:`) ?? changed(path)
    // Comments in lists are encrypted like values, and are in no MAC.
    if (type === 'comment') continue
    hash.update(text)
    opened.set(leaf, type === 'bool' ? text.toString().toLowerCase() : asText(text, path))
  }
  const expected = decrypt(metadata.mac, key, metadata.lastModified)?.text ?? changed(path)
  const mac = Buffer.from(hash.digest('hex').toUpperCase())
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) changed(path)
  return opened
}

async function dataKey(
  files: readonly string[],
  identities: readonly string[],
  path: string,
): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  try {
    for (const identity of identities) decrypter.addIdentity(identity)
  } catch {
    throw new BrokerError(
      'secret_not_logged_in',
      `what is to open \`${path}\` is no age identity`,
      {
        fix: 'Put the line that starts with `AGE-SECRET-KEY-` there.',
      },
    )
  }
  for (const file of files) {
    try {
      const key = await decrypter.decrypt(armor.decode(file))
      if (key.length === 32) return key
    } catch {
      // It is for another recipient.
    }
  }
  throw new BrokerError('secret_denied', `\`${path}\` is not encrypted to this age identity`, {
    fix: 'Add its recipient to `.sops.yaml` and run `sops updatekeys`, or name the right identity.',
  })
}

/** Null where it is not what it was: another value, another place, another key. */
function decrypt(sealed: string, key: Uint8Array, place: string) {
  const [, data, iv, tag, type] = ENCRYPTED.exec(sealed) ?? []
  if (data === undefined || iv === undefined || tag === undefined) return null
  try {
    const authTag = Buffer.from(tag, 'base64')
    const nonce = Buffer.from(iv, 'base64')
    if (nonce.length < 12) return null
    // The length is said: a shorter tag could be guessed.
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
    decipher.setAAD(Buffer.from(place)).setAuthTag(authTag)
    const text = Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()])
    return { text, type }
  } catch {
    return null
  }
}

function asText(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new BrokerError('secret_invalid', `\`${path}\` holds a value that is no text`, {
      fix: 'Encrypt it as base64 text.',
    })
  }
}

function changed(path: string): never {
  throw new BrokerError(
    'secret_invalid',
    `\`${path}\` was changed after it was encrypted (its MAC is wrong), so nothing of it is used`,
    {
      fix: 'Bring back the last good version of the file, and change it with `sops edit` only.',
    },
  )
}
