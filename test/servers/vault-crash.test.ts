import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type JsonFake, json, startJsonFake } from '../support/servers/json-fake.ts'
import { type StartedPostgres, startPostgres } from '../support/servers/postgres.ts'
import { describeWithServer } from '../support/servers/require-server.ts'
import { type StartedVault, startVault } from '../support/servers/vault.ts'
import {
  addAppRole,
  addDatabase,
  leasesOf,
  type VaultRole,
} from '../support/servers/vault-database.ts'

type Caller = ChildProcessByStdio<Writable, Readable, null>

describeWithServer(['vault', 'postgres'], 'what was lent to a process that is killed', () => {
  let vault: StartedVault
  let postgres: StartedPostgres
  let upstream: JsonFake
  let role: VaultRole
  const folder = mkdtempSync(join(tmpdir(), 'keyhand-crash-'))
  /** Two homes with one state: in the second what is lent is kept for a while. */
  const homes = { brief: join(folder, 'brief'), keeping: join(folder, 'keeping') }

  beforeAll(async () => {
    const started = await Promise.all([startVault(), startPostgres()])
    vault = started[0]
    postgres = started[1]
    role = await addAppRole(vault)
    await addDatabase(vault, postgres)
    // The upstream takes whom PostgreSQL takes.
    upstream = await startJsonFake((request, response) => {
      const [user = '', password = ''] = Buffer.from(
        (request.headers.authorization ?? '').slice('Basic '.length),
        'base64',
      )
        .toString()
        .split(':')
      postgres.query('SELECT 1', { user, password }).then(
        () => json(200, { orders: [] })(request, response),
        () => json(401, {})(request, response),
      )
    })
    writeHome(homes.brief, '0')
    writeHome(homes.keeping, '10m')
  })
  afterAll(async () => {
    await Promise.all([vault.stop(), postgres.stop(), upstream.stop()])
    rmSync(folder, { recursive: true, force: true })
  })

  function writeHome(home: string, cache: string): void {
    mkdirSync(join(home, 'agents'), { recursive: true, mode: 0o700 })
    const write = (name: string, text: string) =>
      writeFileSync(join(home, name), text, { mode: 0o600 })
    write(
      'keyhand.yaml',
      `version: 1
secrets:
  app_secret_id: { provider: env, variable: APP_SECRET_ID }
  orders_login:
    provider: vault
    address: ${vault.url}
    auth: { type: approle, role_id: ${role.roleId}, secret_id: app_secret_id }
    path: database/creds/readonly
    cache: ${cache}
tools:
  orders:
    type: http
    base_url: ${upstream.url}
    auth: { type: basic, login: orders_login }
`,
    )
    write(
      'agents/tester.yaml',
      'agent: tester\ntools: { orders: { allow: [{ methods: [GET], paths: [/orders] }] } }\n',
    )
  }

  /** Starts a process that makes so many calls; `until` resolves once its output has so many lines of that kind. */
  function caller(calls: number, home = homes.brief) {
    const script = join(import.meta.dirname, '../support/calling-process.ts')
    const args = [script, home, join(folder, 'state'), String(calls)]
    const env = { PATH: process.env['PATH'], APP_SECRET_ID: role.secretId }
    const child: Caller = spawn(process.execPath, args, {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines: string[] = []
    const waiting = new Set<() => void>()
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      for (const look of waiting) look()
    })
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    onTestFinished(() => void child.kill('SIGKILL'))
    return {
      lines,
      exited,
      kill: () => child.kill('SIGKILL'),
      end: () => child.stdin.end(),
      until: (line: string, count = 1) =>
        new Promise<void>((resolve) => {
          const look = () => {
            if (lines.filter((one) => one === line).length < count) return
            waiting.delete(look)
            resolve()
          }
          waiting.add(look)
          look()
        }),
    }
  }

  it('is ended by the next one, with its first call; what a live one was lent is not', async () => {
    const live = caller(1, homes.keeping)
    await live.until('all done')
    const [kept] = await leasesOf(vault, 'readonly')
    let left: readonly string[] = []
    // Killed in the moment between two leases it leaves none: then once more.
    for (let round = 0; round < 10 && left.length < 2; round += 1) {
      const killed = caller(100)
      await killed.until('status 200', 50)
      killed.kill()
      await killed.exited
      expect(killed.lines.filter((line) => line !== 'status 200')).toEqual([])
      left = await leasesOf(vault, 'readonly')
    }
    expect(left.length).toBeGreaterThan(1)
    expect(left).toContain(kept)

    const next = caller(1)
    await next.until('all done')
    expect(next.lines).toEqual(['status 200', 'all done'])
    await expect.poll(() => leasesOf(vault, 'readonly'), { timeout: 15_000 }).toEqual([kept])
    const roles = await postgres.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'")
    expect(roles).toHaveLength(1)

    for (const { end, until, exited } of [next, live]) {
      end()
      await until('closed')
      await exited
    }
    await expect.poll(() => leasesOf(vault, 'readonly'), { timeout: 15_000 }).toEqual([])
  })

  it('stays, where two processes live, until each is done, and after 100 calls nothing is left', async () => {
    // Of the killed ones only the logins are left, which hold nothing and end by their own time.
    const tokens = async () => {
      const { data } = await vault.api('LIST', 'auth/token/accessors')
      return [...data.keys].sort()
    }
    const before = await tokens()
    const [first, second] = [caller(100), caller(100)]
    await Promise.all([first.until('all done'), second.until('all done')])
    for (const { lines } of [first, second]) {
      expect(lines.filter((line) => line === 'status 200')).toHaveLength(100)
    }
    await expect.poll(() => leasesOf(vault, 'readonly'), { timeout: 15_000 }).toEqual([])
    for (const { end, until } of [first, second]) {
      end()
      await until('closed')
    }
    expect(await tokens()).toEqual(before)
  })
})
