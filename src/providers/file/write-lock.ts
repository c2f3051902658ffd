import { realpath } from 'node:fs/promises'
import lockfile from 'proper-lockfile'
import { BrokerError } from '../../core/errors.ts'
import { errorCode, fileFailure } from './private-file.ts'

/**
 * Runs one writer of a file at a time, across processes. A lock whose holder is dead is taken over after 10 s.
 *
 * @param work gets a function that throws where the lock was lost (a machine that slept): to be called right before the write.
 * @throws BrokerError `secret_timeout` where another keyhand holds it for long.
 */
export async function withLock<T>(
  path: string,
  work: (checkLock: () => void) => Promise<T>,
): Promise<T> {
  const target = await realpath(path).catch(() => path)
  const lock = { lost: false }
  let release: () => Promise<void>
  try {
    release = await lockfile.lock(target, {
      realpath: false,
      stale: 10_000,
      retries: { retries: 120, factor: 1, minTimeout: 100, maxTimeout: 100, randomize: true },
      onCompromised: () => {
        lock.lost = true
      },
    })
  } catch (thrown) {
    if (errorCode(thrown) !== 'ELOCKED') throw fileFailure(path, thrown)
    throw new BrokerError(
      'secret_timeout',
      `another keyhand has been writing \`${path}\` for long`,
      {
        fix: `Try again; where none is running, remove \`${target}.lock\`.`,
      },
    )
  }
  try {
    return await work(() => {
      if (lock.lost)
        throw new BrokerError(
          'secret_conflict',
          `the lock of \`${path}\` was lost; nothing was written`,
        )
    })
  } finally {
    // A lock that was lost is no longer ours to release.
    if (!lock.lost) await release().catch(() => undefined)
  }
}
