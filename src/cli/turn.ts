import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { BrokerError } from '../core/errors.ts'
import { fileProblem } from './file-problem.ts'

/** A process that died left its file; a living one is done in much less. */
const ABANDONED_MS = 10_000
const LONGEST_WAIT_MS = 15_000

/**
 * Makes a file that only one process can make at a time, and so has its turn until it renames or removes it.
 *
 * @throws BrokerError `secret_conflict` where another keeps its turn for long; `config_unsafe` where no file can be made.
 */
export async function takeTurn(path: string): Promise<FileHandle> {
  const giveUpAt = performance.now() + LONGEST_WAIT_MS
  for (;;) {
    try {
      return await open(path, 'wx', 0o600)
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) {
        throw fileProblem(path, thrown)
      }
    }
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs
    if (age > ABANDONED_MS) await rm(path, { force: true })
    if (performance.now() > giveUpAt) {
      throw new BrokerError(
        'secret_conflict',
        `another keyhand has been at work with \`${path}\``,
        {
          fix: 'Try again; where none is running, remove that file.',
        },
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
