import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Catalog, readCatalog } from '../config/catalog.ts'
import { readChecked } from '../config/checked-file.ts'
import type { Families } from '../config/families.ts'
import { decodeText } from '../config/file-text.ts'
import { currentTrust } from '../config/file-trust.ts'
import { CATALOG_FILE } from '../config/home-layout.ts'
import { problemText } from '../config/problem.ts'
import { BrokerError } from '../core/errors.ts'
import { isRefusal } from '../core/refusal.ts'
import type { SecretEntry } from '../core/snapshot.ts'
import { fileProblem } from './file-problem.ts'
import { takeTurn } from './turn.ts'

/**
 * The catalog of a home.
 *
 * @throws BrokerError `config_invalid` or `config_unsafe` where there is none, or one that cannot be read as a whole.
 */
export async function openCatalog(home: string, families: Families): Promise<Catalog> {
  const catalog = readCatalog(await readText(home), families)
  if (catalog.refusal === null) return catalog
  const { message, fix } = catalog.refusal
  throw new BrokerError('config_invalid', message, fix === null ? {} : { fix })
}

/** The catalog as it is under a profile. @throws BrokerError `usage`; `config_invalid` where the profile has a mistake. */
export function catalogUnder(catalog: Catalog, profile: string | undefined): Catalog {
  if (profile === undefined) return catalog
  const found = catalog.profiles.get(profile)
  if (found === undefined) {
    const known = [...catalog.profiles.keys()]
    throw new BrokerError('usage', 'the catalog has no profile of the name that `--profile` says', {
      fix: known.length === 0 ? 'It has none.' : `Use one of: ${known.join(', ')}.`,
    })
  }
  if (found.refusal === null) return { ...catalog, secrets: found.secrets, tools: found.tools }
  const { message, fix } = found.refusal
  throw new BrokerError('config_invalid', message, fix === null ? {} : { fix })
}

/** An entry of the catalog; null where it has none of that name. @throws BrokerError `config_invalid` where it has a mistake. */
export function entryOf(catalog: Catalog, name: string): SecretEntry | null {
  const entry = catalog.secrets.get(name)
  if (!isRefusal(entry)) return entry ?? null
  throw new BrokerError(
    'config_invalid',
    entry.message,
    entry.fix === null ? {} : { fix: entry.fix },
  )
}

/**
 * Changes the catalog's text: what is edited is what stands there then, nobody's change is lost, and the old file or the
 * new one is there whole. A link is followed.
 *
 * @throws BrokerError what `edit` throws; `config_unsafe` where the file cannot be written; `secret_conflict` where others
 * keep changing it.
 */
export async function editCatalog(home: string, edit: (text: string) => string): Promise<void> {
  const path = join(home, CATALOG_FILE)
  const target = await realpath(path).catch(() => path)
  // One name for all writers: whoever makes it may write.
  const aside = join(dirname(target), `.${basename(target)}.new`)
  const file = await takeTurn(aside)
  let renamed = false
  try {
    const before = await readText(home)
    await file.chmod((await stat(target)).mode & 0o777)
    await file.writeFile(edit(before))
    await file.sync()
    // An editor knows nothing of our turns; a machine that slept may have lost its own.
    const ours = (await stat(aside)).ino === (await file.stat()).ino
    if (!ours || (await readText(home)) !== before) {
      throw new BrokerError('secret_conflict', `\`${path}\` was changed meanwhile`, {
        fix: 'Run the command again.',
      })
    }
    await rename(aside, target)
    renamed = true
    await syncFolder(dirname(target))
  } catch (thrown) {
    throw fileProblem(path, thrown)
  } finally {
    await file.close()
    if (!renamed) await rm(aside, { force: true })
  }
}

async function readText(home: string): Promise<string> {
  const path = join(home, CATALOG_FILE)
  const read = await readChecked(path, currentTrust())
  if (read.state === 'absent') {
    throw new BrokerError('config_invalid', `there is no catalog at \`${path}\``, {
      fix: 'Make one with `keyhand init`.',
    })
  }
  if (read.state === 'refused') {
    const options = read.fix === null ? {} : { fix: read.fix }
    throw new BrokerError('config_unsafe', `\`${read.path}\` ${read.message}`, options)
  }
  const text = decodeText(CATALOG_FILE, read.bytes)
  if (typeof text === 'string') return text
  throw new BrokerError('config_invalid', problemText(text))
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
