import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const MOTO_VERSION = '5.2.5'

/** Where moto's server is, or would be. */
export const motoServer = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  `keyhand/test-servers/moto-${MOTO_VERSION}/bin/moto_server`,
)

/** The real servers that suites run against; each says what is missing, or null. */
const servers = {
  moto: () => (existsSync(motoServer) ? null : `moto ${MOTO_VERSION} is not installed`),
  'Secret Service': () => {
    if (process.platform !== 'linux') return 'it is Linux only'
    const missing = ['dbus-run-session', 'gnome-keyring-daemon'].filter((name) => !onPath(name))
    return missing.length === 0 ? null : `${missing.join(' and ')} is not installed`
  },
  age: () => (onPath('age') && onPath('age-keygen') ? null : 'the age tool is not installed'),
} as const

export type ServerName = keyof typeof servers

/**
 * A suite that needs a real server. Where the server is missing, the run says which suite did not run and why; with CI=true
 * that is a failure.
 */
export function describeWithServer(server: ServerName, name: string, suite: () => void): void {
  const missing = servers[server]()
  if (missing === null) {
    describe(name, suite)
    return
  }
  const what = `needs ${server}: ${missing}; run test/support/servers/install.sh`
  if (process.env['CI'] === 'true') {
    describe(name, () => {
      it(what, () => {
        expect.fail(what)
      })
    })
    return
  }
  process.stderr.write(`\nnot run: ${name}, which ${what}\n`)
  describe.skip(`${name} (${what})`, suite)
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, program)))
}
