import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithServer } from '../support/servers/require-server.ts'
import { type SecretServiceSession, startSecretService } from '../support/servers/secret-service.ts'

const BIN = resolve(import.meta.dirname, '../../bin/keyhand.js')
const CANARY = 'ghp_7Hq2Vx9LmR4tYw8ZbN3kCfJd6PsGuE1aXo5B'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-owner-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Answer {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the built command as a user does, in a home of its own, in a desktop session or without one. */
async function keyhand(
  home: string,
  argv: readonly string[],
  options: { stdin?: string; session?: SecretServiceSession; env?: Record<string, string> } = {},
): Promise<Answer> {
  return finished(
    spawn(process.execPath, [BIN, ...argv], { env: envOf(home, options) }),
    options.stdin ?? '',
  )
}

function envOf(
  home: string,
  { session, env }: { session?: SecretServiceSession; env?: Record<string, string> },
): Record<string, string> {
  const none = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/keyhand-test' }
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    ...(session?.env ?? none),
    KEYHAND_HOME: join(folder, home),
    KEYHAND_STATE: join(folder, `${home}-state`),
    ...env,
  }
}

async function finished(child: ReturnType<typeof spawn>, stdin: string): Promise<Answer> {
  const answer = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => {
    answer.out += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    answer.err += String(chunk)
  })
  child.stdin?.end(stdin)
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, ...answer }
}

function everythingBelow(path: string): string {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('compile-cache'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

describe('the built command', () => {
  it('goes from nothing to a stored and checked value, in the encrypted file', async () => {
    const said: Answer[] = []
    const run = async (argv: readonly string[], stdin?: string) => {
      const answer = await keyhand('first', argv, stdin === undefined ? {} : { stdin })
      said.push(answer)
      return answer
    }
    expect(await run(['init', '--file'])).toMatchObject({ code: 0, err: '' })
    expect(await run(['secret', 'check', 'github_token'])).toMatchObject({ code: 1 })
    expect(await run(['secret', 'set', 'github_token'], `${CANARY}\n`)).toMatchObject({ code: 0 })
    const { code, out } = await run(['secret', 'check', '--all', '--json'])
    expect({ code, data: JSON.parse(out) as unknown }).toMatchObject({
      code: 0,
      data: { secrets: [{ name: 'github_token', resolves: true }] },
    })
    const list = await run(['secret', 'list'])
    expect(list.out).toMatch(/^github_token +file +- +- +always +- +- +- +github +-$/m)
    expect(await run(['agent', 'list'])).toMatchObject({ code: 0 })

    const texts = said.flatMap((answer) => [answer.out, answer.err])
    const all = [
      ...texts,
      everythingBelow(join(folder, 'first')),
      everythingBelow(join(folder, 'first-state')),
    ]
    expect(all.join('\n')).not.toContain(CANARY.slice(4, 14))
  })

  it('loses no secret where eight processes add theirs at once', async () => {
    mkdirSync(join(folder, 'many'), { mode: 0o700 })
    expect(await keyhand('many', ['init', '--file'])).toMatchObject({ code: 0 })
    const names = Array.from({ length: 8 }, (_, index) => `key_${index}`)
    const answers = await Promise.all(
      names.map((name) =>
        keyhand('many', ['secret', 'set', name, '--provider', 'file'], {
          stdin: `${CANARY}${name}`,
        }),
      ),
    )
    expect(answers.map(({ code, err }) => ({ code, err }))).toEqual(
      names.map(() => ({ code: 0, err: '' })),
    )
    const { out } = await keyhand('many', ['secret', 'check', ...names, '--json'])
    const { secrets } = JSON.parse(out) as { secrets: { name: string; resolves: boolean }[] }
    expect(secrets.map(({ name, resolves }) => [name, resolves])).toEqual(
      names.map((name) => [name, true]),
    )
  })

  it.runIf(process.platform === 'linux')(
    'shows nothing of what is typed at its prompt',
    async () => {
      expect(await keyhand('typed', ['init', '--file'])).toMatchObject({ code: 0 })
      const command = `"${process.execPath}" "${BIN}" secret set github_token`
      const child = spawn('script', ['-qefc', command, '/dev/null'], {
        env: { ...envOf('typed', {}), TERM: 'xterm' },
      })
      let screen = ''
      const typed = new Promise<number | null>((done) => {
        let asked = false
        child.stdout.on('data', (chunk) => {
          screen += String(chunk)
          if (asked || !screen.includes('Value of github_token')) return
          asked = true
          // Ctrl-T is what would show the value, were it not switched off.
          child.stdin.write(`${CANARY}\u0014`)
          setTimeout(() => child.stdin.write('\r'), 300)
        })
        child.once('close', done)
      })
      expect(await typed).toBe(0)
      expect(screen).toContain('Stored github_token in the provider file (40 characters)')
      for (let at = 0; at + 4 <= CANARY.length; at++) {
        expect(screen).not.toContain(CANARY.slice(at, at + 4))
      }
      const { code } = await keyhand('typed', ['secret', 'check', 'github_token'])
      expect(code).toBe(0)
    },
  )
})

describeWithServer('Secret Service', 'the built command with a real keychain', () => {
  const desktop = join(folder, 'desktop')
  let session: SecretServiceSession

  beforeAll(async () => {
    mkdirSync(desktop)
    session = await startSecretService(desktop, 'unlocked')
  })
  afterAll(async () => {
    await session.stop()
  })

  it('keeps values there, and tells what is gone from what is locked', async () => {
    const made = await keyhand('chain', ['init'], { session })
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(made.out).toContain('Values go to the OS keychain.')
    const stored = await keyhand('chain', ['secret', 'set', 'github_token'], {
      session,
      stdin: CANARY,
    })
    expect(stored).toMatchObject({
      code: 0,
      out: 'Stored github_token in the provider keychain (40 characters).\n',
    })
    const checked = await keyhand('chain', ['secret', 'check', 'github_token'], { session })
    expect(checked).toMatchObject({ code: 0, err: '' })
    expect(checked.out).toMatch(/^github_token +resolves +keychain +- +- +32-63 +good$/m)

    const without = await keyhand('chain', ['secret', 'check', 'github_token'])
    expect(without).toMatchObject({ code: 1 })
    expect(without.out).toContain('secret_unreachable')

    await keyhand(
      'chain',
      ['secret', 'remove', 'github_token', '--keep-entry', '--yes', '--force'],
      { session },
    )
    const gone = await keyhand('chain', ['secret', 'check', 'github_token'], { session })
    expect(gone).toMatchObject({ code: 1 })
    expect(gone.out).toContain('secret_not_found')
    expect(everythingBelow(join(folder, 'chain-state'))).not.toContain(CANARY.slice(4, 14))
  })

  it('unlocks a home with a passphrase into the keychain, and locks it again', async () => {
    const run = (argv: readonly string[], stdin = '') => keyhand('phrase', argv, { session, stdin })
    expect(await run(['init', '--passphrase'], 'correct horse\n')).toMatchObject({ code: 0 })
    expect(await run(['secret', 'set', 'github_token'], CANARY)).toMatchObject({ code: 4 })
    expect(await run(['unlock'], 'correct horse\n')).toMatchObject({
      code: 0,
      out: 'Unlocked until `keyhand unlock --lock`: the OS keychain holds what opens it.\n',
    })
    expect(await run(['secret', 'set', 'github_token'], CANARY)).toMatchObject({ code: 0 })
    expect(await run(['unlock', '--lock'])).toMatchObject({ code: 0, out: 'Locked.\n' })
    const { out } = await run(['secret', 'check', 'github_token'])
    expect(out).toContain('secret_locked')
  })

  it('does not take a locked keychain for one that works', async () => {
    const other = join(folder, 'locked-desktop')
    mkdirSync(other)
    await (await startSecretService(other, 'unlocked')).stop()
    const locked = await startSecretService(other, 'locked')
    try {
      const started = performance.now()
      const { code, out } = await keyhand('behind', ['init'], { session: locked })
      // It waits for the keychain once, and not for the thread that hangs in it.
      expect(performance.now() - started).toBeLessThan(15_000)
      expect(code).toBe(0)
      expect(out).toContain('The OS keychain cannot be used here: ')
      expect(out).toContain('secrets.age, an encrypted file, takes the values')
      // A new value does not pass by a keychain that is only locked.
      const set = await keyhand('behind', ['secret', 'set', 'new_key'], {
        session: locked,
        stdin: 'x',
      })
      expect(set.code).toBe(4)
      expect(set.err).toContain('the OS keychain did not answer')
    } finally {
      await locked.stop()
    }
  })
})
