import { probeKeychain } from '../../compose.ts'
import type { Io } from '../io.ts'
import { catalogSecrets } from './catalog-secrets.ts'
import { type DoctorCheck, failure, good, note } from './check.ts'

/** The OS keychain: whether a value that is written there can be read again. */
export const keychainCheck: DoctorCheck = {
  name: 'Keychain',
  async run(io, signal) {
    const problem = await probeKeychain(io, signal)
    if (problem === null) return [good(`${backEnd()} works: what was written was read back`)]
    // Where no secret lives there it is nobody's trouble.
    const say = (await isUsed(io)) ? failure : note
    return [say(`${backEnd()} cannot be used: ${problem.message}`, problem.fix)]
  },
}

function backEnd(): string {
  if (process.platform === 'darwin') return 'the macOS Keychain'
  return process.platform === 'win32' ? 'the Windows Credential Manager' : 'the Secret Service'
}

async function isUsed(io: Io): Promise<boolean> {
  const secrets = await catalogSecrets(io)
  return secrets.some(({ provider }) => provider === 'keychain')
}
