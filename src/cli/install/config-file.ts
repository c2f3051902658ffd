import { constants } from 'node:fs'
import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BrokerError } from '../../core/errors.ts'

const MAX_BYTES = 64 * 1024 * 1024

/** A client's configuration file as it was read. */
export interface ConfigFile {
  readonly path: string
  /** Where a link leads: that is what is replaced, and the link stays. */
  readonly target: string
  /** Null where there is none yet. */
  readonly text: string | null
}

/** @throws BrokerError `config_unsafe` where it cannot be read, or is no UTF-8 text. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const target = await realpath(path).catch(() => path)
  try {
    if ((await stat(target)).size > MAX_BYTES) throw cannot('read', path, 'it is too large')
    const bytes = await readFile(target)
    return {
      path,
      target,
      text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    }
  } catch (thrown) {
    if (thrown instanceof BrokerError) throw thrown
    const code = codeOf(thrown)
    if (code === 'ENOENT') return { path, target, text: null }
    throw cannot('read', path, code)
  }
}

/**
 * Writes the new text: whole or not at all, with the mode that the file had (0600 where it is new), and only where it still
 * is what was read.
 *
 * @throws BrokerError `config_unsafe`: nothing was changed.
 */
export async function writeConfigFile(
  { path, target, text }: ConfigFile,
  next: string,
): Promise<void> {
  const aside = join(dirname(target), `.keyhand-${process.pid}-${Date.now()}.tmp`)
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    const mode = text === null ? 0o600 : (await stat(target)).mode & 0o777
    const file = await open(aside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      await file.writeFile(next)
      await file.chmod(mode)
      await file.sync()
    } finally {
      await file.close()
    }
    // The client may run, and writes this file, too.
    if ((await readConfigFile(path)).text !== text)
      throw cannot('change', path, 'it was changed meanwhile')
    await rename(aside, target)
  } catch (thrown) {
    await rm(aside, { force: true }).catch(() => undefined)
    if (thrown instanceof BrokerError) throw thrown
    throw cannot('write', path, codeOf(thrown))
  }
}

function cannot(what: string, path: string, why: string): BrokerError {
  return new BrokerError('config_unsafe', `cannot ${what} \`${path}\`: ${why}`, {
    fix: 'Nothing was changed; `--print` shows what belongs there.',
  })
}

function codeOf(thrown: unknown): string {
  if (thrown instanceof TypeError) return 'it is not UTF-8 text'
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'
}
