import { composeSecretsFile } from '../../compose-owner.ts'
import { type DoctorCheck, good, note, warning } from './check.ts'

/** The encrypted file, and what opens it. */
export const encryptedFileCheck: DoctorCheck = {
  name: 'Encrypted file',
  async run(io) {
    const file = composeSecretsFile(io)
    const { exists, identity } = await file.status()
    if (!exists) return [note('there is none in this home')]
    switch (identity) {
      case 'keychain':
        return [good(`${file.path}, opened with an identity in the OS keychain`)]
      case 'passphrase':
        return [good(`${file.path}, opened with a passphrase: \`keyhand unlock\``)]
      case 'file':
        return [
          warning(
            `${file.path} has its identity in a file beside it: whoever can read the folder can read the values`,
            'keep the identity in the keychain, or protect it with `keyhand init --passphrase`, where you can',
          ),
        ]
    }
  },
}
