import { randomBytes } from 'node:crypto'
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
} from 'node:fs'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BrokerError } from '../../core/errors.ts'

/** The largest file that is read: thousands of secrets. */
const MAX_BYTES = 8 * 1024 * 1024

export interface PrivateFile {
  readonly bytes: Uint8Array
  /** Changes with every change of the file: device, inode, size, mtime and ctime. */
  readonly stamp: string
}

/**
 * Reads a file that only this user may read, and that only this user and root can replace. Symbolic links are followed,
 * and their target is checked. Null where there is no such file. The process waits: each call looks here, at a few inodes that are
 * in memory, and by way of a thread each look would cost twenty times as much (2 ms a call: measured).
 *
 * @throws BrokerError `config_unsafe` where others may read it or could replace it; `secret_denied` where it cannot be read.
 */
export function readPrivateFile(path: string): PrivateFile | null {
  const opened = openPrivateFile(path)
  if (opened === null) return null
  const { fd, stamp } = opened
  try {
    return { bytes: readFileSync(fd), stamp }
  } catch (thrown) {
    throw fileFailure(path, thrown)
  } finally {
    closeSync(fd)
  }
}

/** The stamp alone, checked the same way; null where there is no such file. */
export function stampOf(path: string): string | null {
  try {
    const real = realpathSync.native(path)
    const stats = lstatSync(real, { bigint: true })
    checkFile(path, stats)
    checkFolders(path, real)
    return stampText(real, stats)
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return null
    throw fileFailure(path, thrown)
  }
}

function stampText(real: string, { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${real} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
}

function openPrivateFile(path: string): { fd: number; stamp: string } | null {
  let fd: number
  let real: string
  try {
    real = realpathSync.native(path)
    fd = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return null
    throw fileFailure(path, thrown)
  }
  try {
    const stats = fstatSync(fd, { bigint: true })
    checkFile(path, stats)
    checkFolders(path, real)
    return { fd, stamp: stampText(real, stats) }
  } catch (thrown) {
    closeSync(fd)
    throw fileFailure(path, thrown)
  }
}

function checkFile(path: string, stats: BigIntStats): void {
  if (!stats.isFile())
    throw new BrokerError('config_unsafe', `\`${path}\` is not a regular file`, {
      fix: 'Put a file of your own there, or name another path.',
    })
  if (stats.size > MAX_BYTES) {
    throw new BrokerError(
      'secret_invalid',
      `\`${path}\` has ${stats.size} bytes, more than ${MAX_BYTES}`,
    )
  }
  if (process.getuid === undefined) return // Windows: the access list of the user's folder holds
  if (Number(stats.uid) !== process.getuid() && stats.uid !== 0n) {
    throw new BrokerError('config_unsafe', `\`${path}\` belongs to another user`, {
      fix: `Make it your own: \`chown "$USER" ${path}\`.`,
    })
  }
  if ((stats.mode & 0o077n) !== 0n) {
    throw new BrokerError('config_unsafe', `others may read or write \`${path}\``, {
      fix: `Run \`chmod 600 ${path}\`.`,
    })
  }
}

/** Whoever can write a folder on the way can put another file there; a sticky folder (`/tmp`) lets nobody replace ours. */
function checkFolders(path: string, real: string): void {
  const user = process.getuid?.()
  if (user === undefined) return
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const stats = lstatSync(folder)
    const foreign = stats.uid !== user && stats.uid !== 0
    const sticky = (stats.mode & 0o1000) !== 0
    const ownGroup = stats.gid === process.getgid?.() && stats.gid === user
    const writers = ownGroup ? 0o002 : 0o022
    if (foreign || ((stats.mode & writers) !== 0 && !sticky)) {
      throw new BrokerError(
        'config_unsafe',
        `others could replace \`${path}\`: they may write \`${folder}\``,
        {
          fix: `Run \`chmod go-w ${folder}\`, or keep the file in a folder of your own.`,
        },
      )
    }
    if (folder === dirname(folder)) return
  }
}

/** Writes a whole file, 0600: the old one or the new one is there, whole, whatever happens. Links are followed. */
export async function replacePrivateFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const temporary = join(dirname(target), `.${randomBytes(8).toString('hex')}.tmp`)
  try {
    await writeSynced(temporary, bytes)
    await rename(temporary, target)
    await syncFolder(dirname(target))
  } catch (thrown) {
    await rm(temporary, { force: true })
    throw fileFailure(path, thrown)
  }
}

/** Writes a file that must not be there yet, 0600. @throws BrokerError `secret_conflict` where it is. */
export async function createPrivateFile(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    await writeSynced(path, bytes)
    await syncFolder(dirname(path))
  } catch (thrown) {
    throw fileFailure(path, thrown)
  }
}

async function writeSynced(path: string, bytes: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // a folder cannot be opened there
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A file system's error in our words. */
export function fileFailure(path: string, thrown: unknown): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const code = errorCode(thrown)
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new BrokerError(
        'secret_denied',
        `the system does not let keyhand use \`${path}\` (${code})`,
        {
          fix: `Check who owns it and its mode: \`ls -l ${path}\`.`,
        },
      )
    case 'EEXIST':
      return new BrokerError('secret_conflict', `\`${path}\` is there already`)
    case 'ENOSPC':
    case 'EDQUOT':
      return new BrokerError(
        'secret_unreachable',
        `there is no room to write \`${path}\` (${code})`,
      )
    default:
      return new BrokerError(
        'secret_unreachable',
        `\`${path}\` cannot be used (${code ?? 'unknown'})`,
      )
  }
}

export function errorCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown)) return null
  return typeof thrown.code === 'string' ? thrown.code : null
}
