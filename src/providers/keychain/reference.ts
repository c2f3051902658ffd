import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as z from 'zod'

const text = z.string().min(1).max(255)

export const keychainReference = z.strictObject({
  service: text.optional().describe('The service of the item; the default belongs to this home'),
  account: text
    .optional()
    .describe('The account of the item; the default is the name of the secret'),
})

export type KeychainReference = z.infer<typeof keychainReference>

/** The account under which the probe is kept: what proves that a keychain can be read at all. */
export const PROBE_ACCOUNT = 'keyhand-probe'

/** The value of the probe: no secret. */
export const PROBE_VALUE = 'keyhand can read this keychain'

/**
 * The service of a home's items: `keyhand` for the default home, else `keyhand:` and 8 hex digits of the SHA-256 of the
 * home's real path, so that a demo's throw-away home never overwrites a user's key.
 */
export async function keychainService(home: string, defaultHome: string): Promise<string> {
  const [real, realDefault] = await Promise.all([realPath(home), realPath(defaultHome)])
  if (real === realDefault) return 'keyhand'
  return `keyhand:${createHash('sha256').update(real).digest('hex').slice(0, 8)}`
}

/** A home that does not exist yet has the path that it will have. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return resolve(path)
  }
}
