import { probeKeychain } from '../../compose-owner.ts'
import type { Io } from '../io.ts'
import { catalogSecrets } from './catalog-secrets.ts'
import { type DoctorCheck, type DoctorFinding, failure, good, note } from './check.ts'

/** The OS keychain: whether a value that is written there can be read again. */
export const keychainCheck: DoctorCheck = {
  name: 'Keychain',
  async run(io, signal) {
    const problem = await probeKeychain(io, signal)
    if (problem === null) {
      const works = good(`${backEnd()} works: what was written was read back`)
      return [works, ...headlessNotes(process.platform, io.env)]
    }
    // Where no secret lives there it is nobody's trouble.
    const say = (await isUsed(io)) ? failure : note
    return [say(`${backEnd()} cannot be used: ${problem.message}`, problem.fix)]
  },
}

function backEnd(): string {
  if (process.platform === 'darwin') return 'the macOS Keychain'
  return process.platform === 'win32' ? 'the Windows Credential Manager' : 'the Secret Service'
}

/** What is to be said of a keychain that works, but that nobody can be asked to unlock: Linux without a screen. */
export function headlessNotes(platform: NodeJS.Platform, env: Io['env']): readonly DoctorFinding[] {
  const shown = (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== ''
  if (platform !== 'linux' || shown) return []
  return [
    note(
      'no screen is here (headless): once it is locked, nobody is asked to unlock it, and its values are refused as locked',
      'have it unlocked at login (pam_gnome_keyring), or keep values in the encrypted file: `provider: file`',
    ),
  ]
}

async function isUsed(io: Io): Promise<boolean> {
  const secrets = await catalogSecrets(io)
  return secrets.some(({ entry }) => entry.provider === 'keychain')
}
