import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { postgresPrograms } from './require-server.ts'

export interface StartedPostgres {
  readonly port: number
  readonly superuser: { readonly user: string; readonly password: string }
  /** Runs SQL as that user, in the database `postgres`; throws what the server answers. */
  query(sql: string, login?: { user: string; password: string }): Promise<Record<string, unknown>[]>
  stop(): Promise<void>
}

/** `nobody`: PostgreSQL refuses to run as root. */
const UNPRIVILEGED = 65534

/** Starts a PostgreSQL of its own on a free port of loopback: SCRAM logins, nothing kept. */
export async function startPostgres(): Promise<StartedPostgres> {
  const programs = postgresPrograms()
  if (programs === null) throw new Error('no PostgreSQL for this platform')
  const folder = mkdtempSync(join(tmpdir(), 'keyhand-postgres-'))
  const superuser = { user: 'postgres', password: 'the-superuser' }
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, superuser.password)
  const asUser = process.getuid?.() === 0 ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}
  if (process.getuid?.() === 0) {
    chmodSync(folder, 0o700)
    for (const path of [folder, passwordFile]) chownSync(path, UNPRIVILEGED, UNPRIVILEGED)
  }
  const data = join(folder, 'data')
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' }
  const initdb = ['-D', data, '-U', superuser.user, '-A', 'scram-sha-256', '--pwfile', passwordFile]
  await promisify(execFile)(programs.initdb, [...initdb, '-E', 'UTF8', '--no-sync'], {
    ...asUser,
    env,
    cwd: folder,
  })
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'max_connections=40']
  const child = spawn(
    programs.postgres,
    ['-D', data, '-p', String(port), '-k', folder, ...settings.flatMap((one) => ['-c', one])],
    { ...asUser, env, cwd: folder, stdio: 'ignore' },
  )
  const stop = async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const query = async (sql: string, login = superuser) => {
    const client = new Client({ host: '127.0.0.1', port, database: 'postgres', ...login })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  for (let attempt = 0; attempt < 300 && child.exitCode === null; attempt += 1) {
    try {
      await query('SELECT 1')
      return { port, superuser, query, stop }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await stop()
  throw new Error('PostgreSQL did not start')
}

/** SIGQUIT is PostgreSQL's immediate shutdown: its children end too. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGQUIT')
  await exited
}
