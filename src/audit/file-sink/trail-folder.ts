import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BrokerError } from '../../core/errors.ts'

/** What the trail asks of the file system; tests put faults in. Every failure throws. */
export interface TrailFolder {
  /** Makes a new file, for appending; its name in the folder is durable when this returns. */
  create(name: string): OpenTrailFile
  remove(name: string): void
}

export interface OpenTrailFile {
  /** How many of the bytes were written; fewer where the disk is full. */
  write(bytes: Uint8Array): number
  /** Makes durable what was written, on a thread of its own. */
  sync(): Promise<void>
  /** The same, while the process waits. */
  syncNow(): void
  /** Cuts the file back to a length. */
  truncate(length: number): void
  close(): void
}

const fdatasyncAsync = promisify(fdatasync)

/** The real folder, made (0700) with the first file (0600). */
export function trailFolder(path: string): TrailFolder {
  return {
    create(name) {
      makePrivateFolder(path)
      // Exclusive: a file, or a link, that is already there under this name is not ours.
      const fd = openSync(join(path, name), 'ax', 0o600)
      try {
        syncFolder(path)
      } catch (thrown) {
        closeSync(fd)
        throw thrown
      }
      return {
        write: (bytes) => writeSync(fd, bytes),
        sync: () => fdatasyncAsync(fd),
        syncNow: () => fdatasyncSync(fd),
        truncate: (length) => ftruncateSync(fd, length),
        close: () => closeSync(fd),
      }
    },
    remove(name) {
      unlinkSync(join(path, name))
    },
  }
}

function makePrivateFolder(path: string): void {
  const made = mkdirSync(path, { recursive: true, mode: 0o700 })
  if (process.platform === 'win32') return
  if (made !== undefined) syncFolder(join(path, '..'))
  else if ((statSync(path).mode & 0o022) !== 0) {
    throw new BrokerError('audit_unavailable', 'the trail can be written by other users', {
      fix: 'run `chmod 700` on the folder `audit` of KEYHAND_STATE',
    })
  }
}

/** Windows cannot sync a folder, and NTFS journals names by itself. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
