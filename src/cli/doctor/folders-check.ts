import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { currentTrust, untrusted } from '../../config/file-trust.ts'
import { AGENTS_FOLDER, CATALOG_FILE, POLICIES_FOLDER } from '../../config/home-layout.ts'
import type { Io } from '../io.ts'
import { type DoctorCheck, type DoctorFinding, failure, good, note, warning } from './check.ts'

/** Home and state: where they are, and who else may read or write them. */
export const foldersCheck: DoctorCheck = {
  name: 'Folders',
  async run(io) {
    const { home, state } = io.places
    const findings = [
      ...(await folder(io, 'KEYHAND_HOME', home, 'make it with `keyhand init`')),
      ...(await folder(io, 'KEYHAND_STATE', state, null)),
    ]
    if (process.platform === 'win32') {
      return [...findings, note('who may read and write files is not checked on Windows')]
    }
    for (const name of [CATALOG_FILE, AGENTS_FOLDER, POLICIES_FOLDER]) {
      const problem = await whoElseWrites(join(home, name))
      if (problem !== null)
        findings.push(failure(`${name} ${problem}`, 'take that right away: chmod go-w'))
    }
    for (const name of await privateFiles(home)) {
      const found = await lstat(join(home, name))
      if ((found.mode & 0o077) !== 0) {
        const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
        findings.push(
          failure(`${name} holds a key and has mode ${mode}`, `chmod 600 ${join(home, name)}`),
        )
      }
    }
    return findings
  },
}

async function folder(
  io: Io,
  variable: string,
  path: string,
  fix: string | null,
): Promise<DoctorFinding[]> {
  const found = await lstat(path).catch(() => null)
  const from = (io.env[variable] ?? '') === '' ? '' : `, as ${variable} says`
  if (found === null) {
    const text = `${path} is not there yet${from}`
    return [fix === null ? note(text) : failure(text, fix)]
  }
  const findings = [good(`${path}${from}`)]
  if (process.platform === 'win32') return findings
  const problem = await whoElseWrites(path)
  if (problem !== null) findings.push(failure(`${path} ${problem}`, `chmod 700 ${path}`))
  else if ((found.mode & 0o077) !== 0 && !found.isSymbolicLink()) {
    findings.push(
      warning(`${path} can be read by other users of this machine`, `chmod 700 ${path}`),
    )
  }
  return findings
}

async function whoElseWrites(path: string): Promise<string | null> {
  const trust = currentTrust()
  const found = await lstat(path, { bigint: true }).catch(() => null)
  if (trust === null || found === null) return null
  const kind = found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'folder' : 'file'
  return untrusted(found, kind, trust)
}

async function privateFiles(home: string): Promise<readonly string[]> {
  const names = await readdir(home).catch(() => [])
  return names.filter((name) => /^(?:identity\.\w+|.*\.age)$/.test(name)).sort()
}
