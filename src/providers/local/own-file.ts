import { constants, lstatSync } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BrokerError } from '../../core/errors.ts'

const LONGEST = 8 * 1024 * 1024

/**
 * Reads a file that nobody but this user and root can replace and, where it is `private`, read. Links are followed, and where
 * they lead is checked. Null where there is none.
 *
 * @throws BrokerError `config_unsafe` where others could; `secret_denied` where it cannot be read.
 */
export async function readOwnFile(
  path: string,
  { private: secret }: { readonly private: boolean },
): Promise<Buffer | null> {
  let file: FileHandle | null = null
  try {
    const real = await realpath(path)
    file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK)
    const { mode, uid, size, isFile } = await statOf(file)
    if (!isFile || size > LONGEST) throw unsafe(path, 'is no file, or larger than 8 MiB')
    checkOwner(path, { mode, uid }, secret ? 0o077 : 0o022)
    checkFolders(path, real)
    return await file.readFile()
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null
    throw failureOf(path, thrown)
  } finally {
    await file?.close()
  }
}

/** @throws BrokerError where there is no such program, or others could put another in its place. */
export async function checkOwnProgram(path: string): Promise<void> {
  try {
    const real = await realpath(path)
    const { mode, uid } = lstatSync(real)
    checkOwner(path, { mode, uid }, 0o022)
    checkFolders(path, real)
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw failureOf(path, thrown)
    throw new BrokerError('secret_invalid', `there is no program \`${path}\``, {
      fix: 'Install it, or correct its path in keyhand.yaml.',
    })
  }
}

async function statOf(file: FileHandle) {
  const stats = await file.stat()
  return { mode: stats.mode, uid: stats.uid, size: stats.size, isFile: stats.isFile() }
}

function checkOwner(path: string, { mode, uid }: { mode: number; uid: number }, others: number) {
  const user = process.getuid?.()
  if (user === undefined) return // Windows: the access list of the folder holds
  if (uid !== user && uid !== 0) throw unsafe(path, 'belongs to another user')
  if ((mode & others) === 0) return
  throw others === 0o077
    ? unsafe(path, 'can be read or written by others', `Run \`chmod 600 ${path}\`.`)
    : unsafe(path, 'can be written by others', `Run \`chmod go-w ${path}\`.`)
}

/** Whoever can write a folder on the way can put another file there; in a sticky one (`/tmp`) nobody replaces ours. */
function checkFolders(path: string, real: string): void {
  const user = process.getuid?.()
  if (user === undefined) return
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const { uid, gid, mode } = lstatSync(folder)
    const writers = gid === user && gid === process.getgid?.() ? 0o002 : 0o022
    const open = (mode & writers) !== 0 && (mode & 0o1000) === 0
    if ((uid !== user && uid !== 0) || open) {
      throw unsafe(
        path,
        `could be replaced by whoever may write \`${folder}\``,
        `Run \`chmod go-w ${folder}\`, or keep it in a folder of your own.`,
      )
    }
    if (folder === dirname(folder)) return
  }
}

function unsafe(path: string, why: string, fix = 'Make it your own.'): BrokerError {
  return new BrokerError('config_unsafe', `\`${path}\` ${why}`, { fix })
}

function failureOf(path: string, thrown: unknown): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const code = codeOf(thrown)
  const denied = code === 'EACCES' || code === 'EPERM'
  return new BrokerError(
    denied ? 'secret_denied' : 'secret_unreachable',
    `\`${path}\` cannot be read (${code})`,
    { fix: `Check that it is there, and who may read it: \`ls -l ${path}\`.` },
  )
}

function codeOf(thrown: unknown): string {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : null
  return typeof code === 'string' && /^[A-Z0-9]{1,20}$/.test(code) ? code : 'unknown'
}
