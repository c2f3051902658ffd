import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { createKeychainProvider } from '../../src/providers/keychain.ts'
import { CANARY, contextOf, describeSecretProvider } from '../contract/secret-provider.ts'
import { describeWithServer } from '../support/servers/require-server.ts'
import {
  type SecretServiceSession,
  type SessionKind,
  startSecretService,
} from '../support/servers/secret-service.ts'

const root = mkdtempSync(join(tmpdir(), 'keyhand-ss-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describeWithServer('Secret Service', 'keychain on gnome-keyring', () => {
  const home = join(root, 'home')
  let session: SecretServiceSession
  beforeAll(async () => {
    mkdirSync(home)
    session = await startSecretService(join(root, 'shared'), 'unlocked')
    // GLib reads it when keytar first connects, which is in this process and after this.
    process.env['DBUS_SESSION_BUS_ADDRESS'] = session.env['DBUS_SESSION_BUS_ADDRESS']
  })
  afterAll(async () => session.stop())

  describeSecretProvider('keychain', {
    store: true,
    async setup() {
      const provider = createKeychainProvider({ home, defaultHome: home, platform: 'linux' })
      await provider.store.put({ account: 'api_key' }, new Secret('api_key', CANARY), contextOf())
      return {
        provider,
        present: { account: 'api_key' },
        absent: {},
        writable: {},
        versions: false,
        stop: async () => undefined,
      }
    },
  })

  it('gives back 100 kB', async () => {
    const provider = createKeychainProvider({ home, defaultHome: home, platform: 'linux' })
    const value = 'é'.repeat(50_000)
    await provider.store.put({}, new Secret('big', value), contextOf('big'))
    const fetched = await provider.fetch({}, contextOf('big'))
    expect(fetched?.fields.get('value')?.reveal()).toBe(value)
    await provider.store.remove({}, contextOf('big'))
  })

  describe('in other sessions', () => {
    it('finds in the next process and session what was stored', async () => {
      const folder = join(root, 'kept')
      expect(await inSession(folder, 'unlocked', 'put')).toEqual({ put: null })
      expect(await inSession(folder, 'unlocked', 'get')).toEqual({ value: CANARY })
      expect(await inSession(folder, 'unlocked', 'get', 'nothing')).toEqual({ value: null })
    })

    it('says locked, never not found, where the collection is locked', async () => {
      const folder = join(root, 'locked')
      await inSession(folder, 'unlocked', 'put')
      for (const operation of ['get', 'remove'] as const) {
        expect(await inSession(folder, 'locked', operation)).toMatchObject({
          code: 'secret_locked',
          message:
            'the OS keychain shows nothing for `api_key`, nor the probe that would prove that it is unlocked',
        })
      }
      expect(await inSession(folder, 'locked', 'put')).toMatchObject({
        code: 'secret_locked',
        message: 'the OS keychain is locked',
      })
      expect(await inSession(folder, 'unlocked', 'get')).toEqual({ value: CANARY })
    })

    it('says what is missing where no keyring was ever made', async () => {
      const folder = join(root, 'empty')
      expect(await inSession(folder, 'empty', 'put')).toMatchObject({
        code: 'secret_unreachable',
        message: 'the Secret Service has no default collection yet',
        fix: 'Create a default keyring (`gnome-keyring-daemon --unlock` or Seahorse), or keep the secret in the encrypted file (`provider: file`).',
      })
    })

    it('says what is missing where nobody provides the Secret Service', async () => {
      expect(await inSession(join(root, 'none'), 'no service', 'get')).toMatchObject({
        code: 'secret_unreachable',
        message: 'no program provides the Secret Service on this D-Bus session',
      })
    })

    it('gives up on a keychain that hangs, and the process ends', async () => {
      const before = performance.now()
      expect(await inSession(join(root, 'silent'), 'silent', 'get')).toMatchObject({
        code: 'secret_timeout',
        message: 'the OS keychain did not answer within 5 s',
      })
      expect(performance.now() - before).toBeLessThan(15_000)
    })

    it('says what is missing where there is no D-Bus', () => {
      for (const env of [{}, { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' }]) {
        expect(
          inProcess({ PATH: process.env['PATH'] ?? '', HOME: root, ...env }, 'get'),
        ).toMatchObject({
          code: 'secret_unreachable',
          message: 'there is no D-Bus session, and so no OS keychain',
          fix: 'Run keyhand in a desktop session or under `dbus-run-session`, or keep the secret in the encrypted file (`provider: file`).',
        })
      }
    })
  })

  async function inSession(
    folder: string,
    kind: SessionKind,
    operation: 'get' | 'put' | 'remove',
    name = 'api_key',
  ): Promise<unknown> {
    mkdirSync(folder, { recursive: true })
    const other = await startSecretService(folder, kind)
    try {
      return inProcess(other.env, operation, name)
    } finally {
      await other.stop()
    }
  }

  function inProcess(
    env: Readonly<Record<string, string>>,
    operation: string,
    name = 'api_key',
  ): unknown {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', program, operation, name, home],
      { env: { ...env, NODE_NO_WARNINGS: '1' }, encoding: 'utf8', timeout: 30_000, input: CANARY },
    )
    expect(stderr).not.toContain(CANARY)
    return JSON.parse(stdout)
  }
})

const source = (path: string) =>
  JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../../src', path)).href)

/** One operation of the provider in a process of its own; what came of it as JSON. */
const program = `
import { readFileSync } from 'node:fs'
import { createKeychainProvider } from ${source('providers/keychain.ts')}
import { contextAlone } from ${source('providers/provider.ts')}
import { Secret } from ${source('core/secret.ts')}
const [operation, name, home] = process.argv.slice(1)
const { fetch, store } = createKeychainProvider({ home, defaultHome: home, platform: 'linux' })
const context = contextAlone(name, new AbortController().signal)
try {
  if (operation === 'put') console.log(JSON.stringify({ put: await store.put({}, new Secret(name, readFileSync(0, 'utf8')), context) }))
  if (operation === 'get') console.log(JSON.stringify({ value: (await fetch({}, context))?.fields.get('value').reveal() ?? null }))
  if (operation === 'remove') console.log(JSON.stringify({ removed: await store.remove({}, context) }))
} catch ({ code, message, fix }) {
  console.log(JSON.stringify({ code, message, fix }))
}
process.exit()
`
