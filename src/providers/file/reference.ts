import { isAbsolute, join } from 'node:path'
import * as z from 'zod'

export const fileReference = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      'The age file; the default is `secrets.age` in the home, and a relative path starts there',
    ),
  key: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('The name inside the file; the default is the name of the secret'),
})

export type FileReference = z.infer<typeof fileReference>

/** Where a home keeps its encrypted file and what opens it. */
export interface FilePlaces {
  /** The age file that is used where the catalog names none. */
  readonly secrets: string
  /** The identity in plain text, 0600. */
  readonly plainIdentity: string
  /** The identity encrypted to a passphrase: a standard age file. */
  readonly lockedIdentity: string
}

export function filePlaces(home: string): FilePlaces {
  return {
    secrets: join(home, 'secrets.age'),
    plainIdentity: join(home, 'identity.txt'),
    lockedIdentity: join(home, 'identity.age'),
  }
}

/** The absolute path of what a reference names. */
export function referencePath(home: string, reference: FileReference): string {
  if (reference.path === undefined) return filePlaces(home).secrets
  return isAbsolute(reference.path) ? reference.path : join(home, reference.path)
}
