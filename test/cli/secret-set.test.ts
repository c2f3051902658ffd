import { lstatSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  CATALOG,
  containing,
  fileHome,
  type Sandbox,
  sandbox,
  storedValue,
} from '../support/command-line.ts'

const CANARY = 'ghp_7Hq2Vx9LmR4tYw8ZbN3kCfJd6PsGuE1aXo5B'

function catalogOf(box: Sandbox): string {
  return readFileSync(join(box.home, 'keyhand.yaml'), 'utf8')
}

describe('keyhand secret set', () => {
  it('stores what is piped in, without the newline at its end, and says so', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'other_key', '--provider', 'file'], { stdin: 'another' })
    const { code, out, err } = await box.run(['secret', 'set', 'api_key'], {
      stdin: `${CANARY}\n`,
    })
    expect({ code, out }).toEqual({
      code: 0,
      out: 'Stored api_key in the provider file (40 characters).\n',
    })
    expect(err).toBe('note: the newline at its end was left out; `--keep-newline` keeps it\n')
    expect(await storedValue(box, 'file', 'api_key')).toBe(CANARY)
  })

  it('says what opens an encrypted file that it had to make', async () => {
    const box = await fileHome()
    const { err } = await box.run(['secret', 'set', 'api_key'], { stdin: CANARY })
    expect(err).toBe(
      'note: made the encrypted file secrets.age. identity.txt beside it opens it: whoever can read this folder can read the values.\n',
    )
    expect(catalogOf(box)).toBe(CATALOG)
  })

  it.each([
    ['one newline only', 'a\n\n', [], 'a\n'],
    ['a newline of Windows', 'a\r\n', [], 'a'],
    ['no newline where it is to be kept', 'a\n', ['--keep-newline'], 'a\n'],
    ['no space', ' a b ', [], ' a b '],
    ['no byte order mark', '\ufeffa', [], '\ufeffa'],
  ])('takes away %s', async (_, stdin, options, stored) => {
    const box = await fileHome()
    expect((await box.run(['secret', 'set', 'api_key', ...options], { stdin })).code).toBe(0)
    expect(await storedValue(box, 'file', 'api_key')).toBe(stored)
  })

  it('asks a person at a terminal, hidden', async () => {
    const box = await fileHome()
    const { code, err } = await box.run(['secret', 'set', 'api_key'], {
      stdin: 'not this',
      answers: [CANARY],
    })
    expect(code).toBe(0)
    expect(err).toMatch(/^Value of api_key \(hidden, one line\):\n/)
    expect(await storedValue(box, 'file', 'api_key')).toBe(CANARY)
  })

  it('takes the value of an environment variable', async () => {
    const box = await fileHome()
    const { code } = await box.run(['secret', 'set', 'api_key', '--from-env', 'MY_KEY'], {
      env: { MY_KEY: CANARY },
    })
    expect(code).toBe(0)
    expect(await storedValue(box, 'file', 'api_key')).toBe(CANARY)
  })

  it.each([
    ['nothing', '', 'the value is empty; nothing was changed'],
    ['a newline alone', '\n', 'the value is empty; nothing was changed'],
    ['what is no text', new Uint8Array([0xff, 0xfe, 0x00]), 'what stdin gave is not UTF-8'],
    ['what never ends', 'x'.repeat(300_000), 'stdin gave more than 256 KiB'],
  ])('refuses %s', async (_, stdin, message) => {
    const box = await fileHome()
    const { code, err } = await box.run(['secret', 'set', 'api_key'], { stdin })
    expect({ code, err }).toMatchObject({ code: 4, err: containing(message) })
    expect(await storedValue(box, 'file', 'api_key')).toBeNull()
  })

  it('reads nothing from a terminal that it cannot ask on, where typing would show', async () => {
    const box = await fileHome()
    const { code, err } = await box.run(['secret', 'set', 'api_key'], { typedInTheOpen: CANARY })
    expect(code).toBe(2)
    expect(err).toContain('there is no terminal to ask on')
    expect(await storedValue(box, 'file', 'api_key')).toBeNull()
  })
})

describe('a value on the command line', () => {
  it.each([
    [['secret', 'set', 'api_key', CANARY], 'rotate it where it came from'],
    [['secret', 'set', 'api_key', '--', CANARY], 'rotate it where it came from'],
    [['secret', 'set', 'api_key', '--value', CANARY], 'rotate it where it came from'],
    [['secret', 'set', 'api_key', `--value=${CANARY}`], 'rotate it where it came from'],
    [['secret', 'set', 'api_key', `-${CANARY}`], 'rotate it where it came from'],
    [['secret', 'set', CANARY], 'so rotate it'],
    [['secret', 'set', `api_key=${CANARY}`], 'so rotate it'],
    [['secret', 'set', 'new', '--provider', CANARY], 'no provider of the name'],
    [['secret', 'set', 'new', '--provider', 'file', '--ref', CANARY], 'must be KEY=VALUE'],
    [['secret', 'set', 'new', '--provider', 'file', '--ref', `value=${CANARY}`], '`--ref`'],
    [['secret', 'set', 'api_key', '--from-env', CANARY], 'no environment variable'],
    [['secret', CANARY, 'api_key'], 'unknown command'],
    [['secret', 'list', CANARY], 'too many arguments'],
    [['secret', 'check', CANARY], 'cannot be the name of a secret'],
    [['secret', 'remove', CANARY, '--yes'], 'cannot be the name of a secret'],
    [['unlock', `--passphrase=${CANARY}`], 'unknown option'],
    [['agent', 'unblock', CANARY], 'cannot be the name of an agent'],
    [[CANARY], 'unknown command'],
  ])('is a mistake that is not said again: %j', async (argv, message) => {
    const box = await fileHome()
    for (const json of [[], ['--json']]) {
      const { code, out, err } = await box.run([...json, ...argv])
      expect({ code, err }).toMatchObject({ code: 2, err: containing(message) })
      expect(`${out}${err}${box.everything()}`).not.toContain(CANARY.slice(0, 8))
    }
    expect(await storedValue(box, 'file', 'api_key')).toBeNull()
    expect(catalogOf(box)).toBe(CATALOG)
  })
})

describe('a name that the catalog lacks', () => {
  it('is added with its provider and place; comments stay', async () => {
    const box = await fileHome()
    const argv = ['secret', 'set', 'new_key', '--provider', 'file', '--ref', 'key=prod.new']
    const { code, data } = await box.json(argv, { stdin: CANARY })
    expect({ code, data }).toMatchObject({ code: 0, data: { added: true, provider: 'file' } })
    expect(catalogOf(box)).toBe(
      CATALOG.replace('CI_TOKEN }\n', 'CI_TOKEN }\n  new_key: { provider: file, key: prod.new }\n'),
    )
    const again = await box.json(['secret', 'check', 'new_key'])
    expect(again.data).toMatchObject({ secrets: [{ name: 'new_key', resolves: true }] })
  })

  it('is not added where its value could not be stored', async () => {
    const box = await fileHome()
    const argv = ['secret', 'set', 'new_key', '--provider', 'file']
    expect((await box.run(argv, { stdin: '' })).code).toBe(4)
    expect(catalogOf(box)).toBe(CATALOG)
  })

  it('goes to the encrypted file where there is no keychain, which is said', async () => {
    const box = await fileHome()
    const { code, err } = await box.run(['secret', 'set', 'new_key'], { stdin: CANARY })
    expect(code).toBe(0)
    expect(err).toContain('the value goes to the encrypted file (`provider: file`)')
    expect(catalogOf(box)).toContain('  new_key: { provider: file }\n')
  })

  it.each(['env', 'aws-secrets-manager'])(
    'cannot be stored in %s, which is only read',
    async (provider) => {
      const box = await fileHome()
      const ref = provider === 'env' ? 'variable=NEW' : 'id=prod/new'
      const argv = ['secret', 'set', 'new_key', '--provider', provider, '--ref', ref]
      const { code, err } = await box.run(argv, { stdin: CANARY })
      expect({ code, err }).toMatchObject({
        code: 2,
        err: containing(`keyhand only reads from the provider \`${provider}\``),
      })
      expect(catalogOf(box)).toBe(CATALOG)
    },
  )

  it('needs a catalog: without one it says how to make it', async () => {
    const { code, err } = await sandbox().run(['secret', 'set', 'new_key'], { stdin: CANARY })
    expect(code).toBe(3)
    expect(err).toContain('there is no catalog at ')
    expect(err).toContain('Make one with `keyhand init`.')
  })

  it('needs a catalog that can be read', async () => {
    const box = await fileHome('version: 1\nsecret: {}\n')
    const { code, err } = await box.run(['secret', 'set', 'new_key'], { stdin: CANARY })
    expect({ code, err }).toMatchObject({
      code: 3,
      err: containing('keyhand.yaml:2:1 '),
    })
    expect(catalogOf(box)).toBe('version: 1\nsecret: {}\n')
  })

  it('leaves a catalog that is a link a link', async () => {
    const box = await fileHome()
    mkdirSync(join(box.home, 'dotfiles'), { mode: 0o700 })
    const target = join(box.home, 'dotfiles/keyhand.yaml')
    renameSync(join(box.home, 'keyhand.yaml'), target)
    symlinkSync(target, join(box.home, 'keyhand.yaml'))
    const argv = ['secret', 'set', 'new_key', '--provider', 'file']
    expect((await box.run(argv, { stdin: CANARY })).code).toBe(0)
    expect(lstatSync(join(box.home, 'keyhand.yaml')).isSymbolicLink()).toBe(true)
    expect(readFileSync(target, 'utf8')).toContain('new_key')
  })

  it('loses none of many that are added at once', async () => {
    const box = await fileHome()
    const names = Array.from({ length: 8 }, (_, index) => `key_${index}`)
    const answers = await Promise.all(
      names.map((name) => box.run(['secret', 'set', name, '--provider', 'file'], { stdin: name })),
    )
    expect(answers.map(({ code }) => code)).toEqual(names.map(() => 0))
    for (const name of names) {
      expect(catalogOf(box)).toContain(`  ${name}: { provider: file }\n`)
      expect(await storedValue(box, 'file', name)).toBe(name)
    }
  })
})

describe('a name that the catalog has', () => {
  it.each([
    ['--provider', 'keychain'],
    ['--ref', 'key=other'],
  ])('is not moved by %s', async (...option) => {
    const box = await fileHome()
    const { code, err } = await box.run(['secret', 'set', 'api_key', ...option], { stdin: CANARY })
    expect(code).toBe(2)
    expect(err).toContain('the catalog says already where `api_key` lives: the provider `file`')
  })

  it('gets a new value, and answer and trail say that one was replaced', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: 'the first one' })
    const { out } = await box.run(['secret', 'set', 'api_key'], { stdin: CANARY })
    expect(out).toContain('Replaced api_key in the provider file')
    const changes = box.records().flatMap(({ kind, change }) => (kind === 'admin' ? [change] : []))
    expect(changes).toMatchObject([
      { what: 'secret set', step: 'begun', secret: 'api_key', terminal: false },
      { what: 'secret set', step: 'done', secret: 'api_key', replaced: false, version: '1' },
      { what: 'secret set', step: 'begun', secret: 'api_key' },
      { what: 'secret set', step: 'done', secret: 'api_key', replaced: true, version: '2' },
    ])
  })

  it('says nothing of whether the new value is the old one: that would answer guesses', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: CANARY })
    const same = await box.run(['secret', 'set', 'api_key'], { stdin: CANARY })
    const other = await box.run(['secret', 'set', 'api_key'], { stdin: CANARY.toLowerCase() })
    expect({ ...same }).toEqual({ ...other })
  })
})

describe('what is stored', () => {
  it('keeps the old value where the trail cannot be written', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: 'the first one' })
    const before = readFileSync(join(box.home, 'secrets.age'))
    renameSync(box.state, `${box.state}.gone`)
    writeFileSync(box.state, 'no folder')
    const { code, err } = await box.run(['secret', 'set', 'api_key'], { stdin: CANARY })
    expect({ code, err }).toMatchObject({
      code: 4,
      err: containing('the trail cannot be written'),
    })
    expect(readFileSync(join(box.home, 'secrets.age'))).toEqual(before)
  })

  it('stands in no answer, no file and no record', async () => {
    const box = await fileHome()
    const said: string[] = []
    for (const argv of [
      ['secret', 'set', 'api_key'],
      ['secret', 'set', 'new_key', '--provider', 'file'],
      ['secret', 'list'],
      ['secret', 'check', '--all'],
      ['secret', 'remove', 'new_key', '--yes'],
    ]) {
      for (const json of [[], ['--json']]) {
        const { out, err } = await box.run([...argv, ...json], { stdin: CANARY })
        said.push(out, err)
      }
    }
    const all = `${said.join('\n')}\n${box.everything()}`
    expect(all).toContain('new_key')
    for (let at = 4; at + 8 <= CANARY.length; at++) {
      expect(all).not.toContain(CANARY.slice(at, at + 8))
    }
    expect(all).not.toContain(Buffer.from(CANARY).toString('base64').slice(0, 40))
  })
})
