import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  containing,
  fileHome,
  matching,
  type Sandbox,
  sandbox,
  write,
} from '../support/command-line.ts'

const PASSPHRASE = 'correct horse battery'

async function locked(): Promise<Sandbox> {
  const box = sandbox()
  await box.run(['init', '--passphrase'], { stdin: `${PASSPHRASE}\n` })
  // Whatever a test leaves unlocked ends with it.
  onTestFinished(async () => void (await box.run(['unlock', '--lock'])))
  return box
}

describe.runIf(process.platform !== 'win32')('keyhand unlock', () => {
  it('opens the encrypted file for some hours, and locks it again', async () => {
    const box = await locked()
    const before = await box.run(['secret', 'set', 'github_token'], { stdin: 'a value' })
    expect(before).toMatchObject({
      code: 4,
      err: containing('locked: run `keyhand unlock`'),
    })

    const opened = await box.json(['unlock', '--hours', '0.5'], { answers: [PASSPHRASE] })
    expect(opened).toMatchObject({ code: 0, data: { locked: false, into: 'socket' } })
    expect((await box.run(['secret', 'set', 'github_token'], { stdin: 'a value' })).code).toBe(0)

    expect(await box.run(['unlock', '--lock'])).toMatchObject({ code: 0, out: 'Locked.\n' })
    const after = await box.json(['secret', 'check', 'github_token'])
    expect(after.data).toMatchObject({ secrets: [{ error: { code: 'secret_locked' } }] })
    expect(await box.run(['unlock', '--lock'])).toMatchObject({
      code: 0,
      out: 'It was locked already.\n',
    })

    const changes = box.records().flatMap(({ kind, change }) => (kind === 'admin' ? [change] : []))
    expect(changes).toMatchObject([
      { what: 'secret set', step: 'begun' },
      { what: 'secret set', step: 'failed' },
      { what: 'unlock', step: 'begun', into: 'socket', terminal: true },
      { what: 'unlock', step: 'done', until: matching(/^\d{4}-.*Z$/) },
      { what: 'secret set', step: 'begun' },
      { what: 'secret set', step: 'done' },
      { what: 'lock', step: 'begun' },
      { what: 'lock', step: 'done', was_unlocked: true },
      { what: 'secret check' },
      { what: 'secret check' },
      { what: 'lock', step: 'begun' },
      { what: 'lock', step: 'done', was_unlocked: false },
    ])
  })

  it('keeps the passphrase and what it opens out of the commands of processes, files and trail', async () => {
    const box = await locked()
    await box.run(['unlock', '--hours', '1'], { answers: [PASSPHRASE] })
    expect(box.everything()).not.toContain(PASSPHRASE)
    expect(box.everything()).not.toContain('AGE-SECRET-KEY')
    if (process.platform !== 'linux') return
    for (const text of commandsAndEnvironments()) {
      expect(text).not.toContain(PASSPHRASE)
      expect(text).not.toContain('AGE-SECRET-KEY-1')
    }
  })

  it('leaves a guess at the passphrase in the trail', async () => {
    const box = await locked()
    const { code, err } = await box.run(['unlock', '--hours', '1'], { stdin: 'a guess\n' })
    expect({ code, err }).toMatchObject({
      code: 4,
      err: containing('the passphrase is wrong'),
    })
    expect(box.records().at(-1)).toMatchObject({
      change: { what: 'unlock', step: 'failed', terminal: false },
      error: { code: 'secret_denied' },
    })
  })

  it.runIf(process.platform === 'linux')(
    'says the other way where there is no keychain',
    async () => {
      const box = await locked()
      const { code, err } = await box.run(['unlock'], { answers: [PASSPHRASE] })
      expect(code).toBe(4)
      expect(err).toContain('there is no D-Bus session')
      expect(err).toContain('Unlock it in memory instead: `keyhand unlock --hours 8`.')
    },
  )

  it.each(['0', '-1', '169', '1e2', 'ever'])('refuses %s hours before it asks', async (hours) => {
    const box = sandbox()
    write(box, 'identity.age', 'age-encryption.org/v1\n')
    const { code, err } = await box.run(['unlock', `--hours=${hours}`], { answers: [] })
    expect({ code, err }).toMatchObject({
      code: 2,
      err: containing('`--hours` must be a number above 0 and at most 168'),
    })
  })

  it('has nothing to do where no passphrase protects the home', async () => {
    const box = await fileHome()
    const { code, err } = await box.run(['unlock'], { answers: [] })
    expect({ code, err }).toMatchObject({
      code: 2,
      err: containing('nothing to unlock'),
    })
    expect((await box.run(['unlock', '--lock'])).code).toBe(2)
    expect(readFileSync(join(box.home, 'identity.txt'), 'utf8')).toContain('AGE-SECRET-KEY')
  })
})

function commandsAndEnvironments(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) =>
      ['cmdline', 'environ'].flatMap((file) => {
        try {
          return [readFileSync(`/proc/${pid}/${file}`, 'latin1')]
        } catch {
          return []
        }
      }),
    )
}
