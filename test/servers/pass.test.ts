import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCommandProvider } from '../../src/providers/command/command.ts'
import { CANARY, contextOf, describeSecretProvider, thrownBy } from '../contract/secret-provider.ts'
import { describeWithServer } from '../support/servers/require-server.ts'

describeWithServer('pass', 'command on a store of pass', () => {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'kh-pass-'))
  const store = join(root, 'store')
  const gnupg = join(root, 'gnupg')
  const program = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'pass'))
    .find((path) => exists(path))
  const env = { PASSWORD_STORE_DIR: store, GNUPGHOME: gnupg }
  const at = (name: string) => ({
    program: program ?? '',
    args: ['show', name],
    env,
    not_found_exit: [1],
  })
  const provider = createCommandProvider()
  const run = (command: string, args: string[], input = '') =>
    execFileSync(command, args, {
      input,
      env: { ...env, HOME: root, PATH: process.env['PATH'] },
      stdio: ['pipe', 'ignore', 'ignore'],
    })

  beforeAll(() => {
    mkdirSync(gnupg, { mode: 0o700 })
    const made = ['--quick-gen-key', 'keyhand test', 'default', 'default', 'never']
    run('gpg', ['--batch', '--passphrase', '', ...made])
    run('pass', ['init', 'keyhand test'])
    run('pass', ['insert', '--multiline', 'prod/stripe'], CANARY)
    run('pass', ['insert', '--multiline', 'prod/login'], '{"username":"u","password":"p"}\n')
  })
  afterAll(() => {
    run('gpgconf', ['--kill', 'all'])
    rmSync(root, { recursive: true, force: true })
  })

  describeSecretProvider('command with pass', {
    store: false,
    setup: async () => ({
      provider,
      present: at('prod/stripe'),
      absent: at('prod/nothing'),
      writable: null,
      versions: false,
      stop: async () => undefined,
    }),
  })

  it('reads several fields of one entry', async () => {
    const fetched = await provider.fetch(
      { ...at('prod/login'), fields: ['username', 'password'] },
      contextOf(),
    )
    expect([...(fetched?.fields.values() ?? [])].map((one) => one.reveal())).toEqual(['u', 'p'])
  })

  it('does not take an entry that cannot be decrypted for one that is not there', async () => {
    const other = join(root, 'other')
    mkdirSync(other, { mode: 0o700 })
    const reference = { ...at('prod/stripe'), env: { ...env, GNUPGHOME: other } }
    const error = await thrownBy(provider.fetch(reference, contextOf()))
    expect(error).toMatchObject({ code: 'secret_denied' })
    expect(error.message).toMatch(/gave no value \(exit code 2\)$/)
  })
})

function exists(path: string): boolean {
  try {
    return realpathSync(path) !== ''
  } catch {
    return false
  }
}
