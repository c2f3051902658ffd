import { BrokerError } from '../../core/errors.ts'

const USE_FILE = 'or keep the secret in the encrypted file (`provider: file`)'

/** What libraries of the three back ends say, and what it means. Their texts are matched, never passed on. */
const KNOWN: readonly {
  readonly says: RegExp
  readonly code: 'secret_unreachable' | 'secret_locked' | 'secret_denied'
  readonly message: string
  readonly fix: string
}[] = [
  {
    says: /failed to load keytar|cannot open shared object|invalid ELF|ERR_DLOPEN|cannot find (module|package)/i,
    code: 'secret_unreachable',
    message: 'the library that reads the OS keychain could not be loaded',
    fix: `Install libsecret (Debian: \`apt-get install libsecret-1-0\`; Alpine is not supported), ${USE_FILE}.`,
  },
  {
    says: /autolaunch D-Bus|could not connect|DBUS_SESSION_BUS_ADDRESS|connection refused/i,
    code: 'secret_unreachable',
    message: 'there is no D-Bus session, and so no OS keychain',
    fix: `Run keyhand in a desktop session or under \`dbus-run-session\`, ${USE_FILE}.`,
  },
  {
    says: /org\.freedesktop\.secrets/i,
    code: 'secret_unreachable',
    message: 'no program provides the Secret Service on this D-Bus session',
    fix: `Install and start gnome-keyring, KWallet or KeePassXC, ${USE_FILE}.`,
  },
  {
    says: /(object does not exist|no such object).*(collection|secrets)/i,
    code: 'secret_unreachable',
    message: 'the Secret Service has no default collection yet',
    fix: `Create a default keyring (\`gnome-keyring-daemon --unlock\` or Seahorse), ${USE_FILE}.`,
  },
  {
    says: /locked|prompt.*dismissed|interaction is not allowed|cannot get secret of a locked/i,
    code: 'secret_locked',
    message: 'the OS keychain is locked',
    fix: `Unlock it (log in to the desktop, or \`gnome-keyring-daemon --unlock\`), ${USE_FILE}.`,
  },
  {
    says: /user name or passphrase|cancell?ed|not permitted|access.*denied|authorization/i,
    code: 'secret_denied',
    message: 'the OS keychain did not let keyhand read the item',
    fix: 'Allow keyhand to use the item when the system asks.',
  },
]

/** A library's error in our words: what it said is dropped, since it may hold what was to be stored. */
export function keychainFailure(thrown: unknown): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const said = thrown instanceof Error ? thrown.message : ''
  const known = KNOWN.find(({ says }) => says.test(said))
  if (known !== undefined) return new BrokerError(known.code, known.message, { fix: known.fix })
  return new BrokerError(
    'secret_unreachable',
    'the OS keychain failed in a way that keyhand does not know',
    {
      fix: `Open the system's own keychain program to see whether it works, ${USE_FILE}.`,
    },
  )
}
