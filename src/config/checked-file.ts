import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { codeOf, type FileTrace, type Step, stampOf, traceFile } from './file-trace.ts'
import type { Trust } from './file-trust.ts'

/** Larger than any file of ours, small enough to be parsed between two calls. */
const MAX_BYTES = 256 * 1024

/** A file that changed less than this before it was read may change again within one tick of its clock (FAT: 2 s), unseen by its times. */
const SETTLED_MS = 2_500

export type CheckedFile = {
  /** Everything on the way to it: while that is as it was, the file need not be read again. */
  readonly steps: readonly Step[]
  /** False where its times are too fresh to show the next change. */
  readonly settled: boolean
} & (
  | { readonly state: 'read'; readonly bytes: Buffer }
  | { readonly state: 'absent' }
  | {
      readonly state: 'refused'
      readonly path: string
      readonly message: string
      readonly fix: string | null
    }
)

/**
 * Reads a file that nobody but this user and root can write, itself and every folder and link on the way to it. What was
 * checked is what is read: the bytes come from a descriptor that was compared with the check. Never throws.
 */
export async function readChecked(path: string, trust: Trust | null): Promise<CheckedFile> {
  let trace: FileTrace = await traceFile(path, trust)
  for (let attempt = 0; attempt < 4; attempt++) {
    const { steps, target, refused } = trace
    if (refused !== null) return { state: 'refused', steps, settled: true, ...refused }
    if (target === null) return { state: 'absent', steps, settled: true }
    const read = await readTarget(target)
    if (typeof read === 'string')
      return { state: 'refused', steps, settled: true, path, message: read, fix: null }
    const settled = target.ctimeMs < Date.now() - SETTLED_MS
    if (read !== null) return { state: 'read', steps, settled, bytes: read }
    trace = await traceFile(path, trust)
  }
  const message = 'did not hold still while it was read'
  return {
    state: 'refused',
    steps: trace.steps,
    settled: false,
    path,
    message,
    fix: 'save it once more',
  }
}

/** The bytes, null where it is no longer what was checked, or what is wrong. */
async function readTarget(target: {
  readonly path: string
  readonly stamp: string
}): Promise<Buffer | string | null> {
  // Without blocking: a FIFO would wait for a writer. On Windows neither flag exists, and each is 0 here.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW
  const file = await open(target.path, flags).catch((error: unknown) => codeOf(error))
  if (typeof file === 'string')
    return file === 'ENOENT' || file === 'ELOOP' ? null : `cannot be read (${file})`
  try {
    const found = await file.stat({ bigint: true })
    if (stampOf(found) !== target.stamp) return null
    if (!found.isFile()) return 'is not a file'
    const buffer = Buffer.alloc(MAX_BYTES + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    if (length > MAX_BYTES) return `is larger than ${MAX_BYTES / 1024} KiB`
    return stampOf(await file.stat({ bigint: true })) === target.stamp
      ? Buffer.from(buffer.subarray(0, length))
      : null
  } catch (error) {
    return `cannot be read (${codeOf(error)})`
  } finally {
    await file.close().catch(() => undefined)
  }
}
