import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { containing, fileHome, write } from '../support/command-line.ts'

const STRONG = 'ghp_7Hq2Vx9LmR4tYw8ZbN3kCfJd6PsGuE1aXo5B'

describe('keyhand secret check', () => {
  it('says that a value resolves, its provider, version, class of lengths and strength', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
    const { code, out, err } = await box.run(['secret', 'check', 'api_key'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(
      'NAME     RESULT    PROVIDER  VERSION  AGE  LENGTH  STRENGTH\n' +
        'api_key  resolves  file      1        new  32-63   good\n',
    )
  })

  it('says how old the version is, where the provider knows', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
    const { out } = await box.run(['secret', 'check', 'api_key'], {
      now: Date.now() + 86_400_000 * 40,
    })
    expect(out).toMatch(/^api_key +resolves +file +1 +40 days +32-63 +good$/m)
  })

  it('says each of many as it comes, where a person waits', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
    const { code, err } = await box.run(['secret', 'check', '--all'], { answers: [] })
    expect(code).toBe(1)
    expect(err).toMatch(/^\d\/2 api_key: resolves$/m)
    expect(err).toMatch(/^\d\/2 ci_token: secret_not_found$/m)
  })

  it.each([
    ['hunter2', '1-7 characters are few; under 64 bits'],
    ['correct-horse-battery', 'words, repeats or a sequence; under 64 bits'],
  ])('warns of the weak value %s, and says why', async (value, reason) => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: value })
    const { code, out, err } = await box.run(['secret', 'check', 'api_key'])
    expect(code).toBe(0)
    expect(err).toContain(`warning: api_key is weak (${reason})`)
    expect(`${out}${err}`).not.toContain(value)
  })

  it('says what a weak value means for redaction, and what to do', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: 'hunter2' })
    const { data, err } = await box.json(['secret', 'check', 'api_key'])
    expect(data).toMatchObject({
      secrets: [
        {
          redact: 'full',
          warnings: [
            {
              reason: 'weak',
              field: 'value',
              message: containing('an honest answer that happens to hold the same text is mangled'),
              fix: containing('replace it by a longer one where it came from'),
            },
          ],
        },
      ],
    })
    expect(err).toContain('one that echoes it could be used to guess it')
  })

  const relaxed = (word: string) =>
    fileHome(`version: 1
secrets:
  api_key: { provider: file }
  pin: { provider: file, redact: ${word} }
`)

  it.each([
    ['exact-word', 'its encodings, and parts of it, are not, and an input may hold it'],
    ['off', 'an answer that echoes it shows it to the agent, and an input may hold it'],
  ])('says what `redact: %s` lets through', async (word, meaning) => {
    const box = await relaxed(word)
    await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
    await box.run(['secret', 'set', 'pin'], { stdin: '4711' })
    for (const argv of [
      ['secret', 'check', 'pin'],
      ['secret', 'check', '--all'],
    ]) {
      const { code, out, err } = await box.run(argv)
      expect(code).toBe(0)
      expect(err).toMatch(/^warning: pin is (removed only|not removed)/m)
      expect(err).toContain(`(\`redact: ${word}\`)`)
      expect(err).toContain(meaning)
      expect(err).not.toContain('api_key')
      expect(`${out}${err}`).not.toContain('4711')
      const { data } = await box.json(argv)
      const { secrets } = data as { secrets: { name: string; warnings: { reason: string }[] }[] }
      expect(
        secrets.map(({ name, warnings }) => [name, warnings.map((one) => one.reason)]),
      ).toEqual([...(argv.includes('--all') ? [['api_key', []]] : []), ['pin', ['relaxed']]])
    }
  })

  it('says that a strong value has no reason for less than full redaction', async () => {
    const box = await relaxed('off')
    await box.run(['secret', 'set', 'pin'], { stdin: STRONG })
    const { err } = await box.run(['secret', 'check', 'pin'])
    expect(err).toContain('warning: pin is not removed at all')
    expect(err).toContain('warning: pin is strong: there is no reason for `redact: off`')
    expect(err).toContain('  take `redact` out of its entry')
  })

  it('says what the catalog lets through also of a value that it cannot read', async () => {
    const box = await relaxed('off')
    const { code, err } = await box.run(['secret', 'check', 'pin'])
    expect(code).toBe(1)
    expect(err).toContain('warning: pin is not removed at all')
  })

  it('says it of the value that a profile gives', async () => {
    const box = await fileHome(`version: 1
secrets:
  pin: { provider: file }
profiles:
  dev: { secrets: { pin: { provider: env, variable: PIN, redact: exact-word } } }
`)
    await box.run(['secret', 'set', 'pin'], { stdin: STRONG })
    expect(await box.run(['secret', 'check', 'pin'])).toMatchObject({ code: 0, err: '' })
    const under = await box.run(['secret', 'check', 'pin', '--profile', 'dev'], {
      env: { PIN: '4711' },
    })
    expect(under.err).toContain('warning: pin is removed only where it is a word by itself')
  })

  it('says nothing finer of a value, so that asking again and again narrows nothing down', async () => {
    const answers = new Set<string>()
    for (const value of ['hunter2', 'abc', 'zzzzzz', '1']) {
      const box = await fileHome()
      await box.run(['secret', 'set', 'api_key'], { stdin: value })
      const human = await box.run(['secret', 'check', 'api_key'])
      const json = await box.run(['secret', 'check', 'api_key', '--json'])
      const data = json.out.replace(/"created":"[^"]*"/, '')
      answers.add([human.out, human.err, data].join('\n'))
    }
    expect(answers.size).toBe(1)
  })

  it('exits with 1 where one does not resolve, and goes on with the others', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
    const { code, data, err } = await box.json(['secret', 'check', '--all'])
    expect(code).toBe(1)
    expect(data).toMatchObject({
      secrets: [
        {
          name: 'api_key',
          resolves: true,
          fields: [{ field: 'value', length: '32-63', weak: false }],
        },
        { name: 'ci_token', resolves: false, error: { code: 'secret_not_found' } },
      ],
    })
    expect(err).toContain('ci_token: the provider `env` has nothing for the secret `ci_token`')
  })

  it('reads an environment variable of its own process', async () => {
    const box = await fileHome()
    const { data } = await box.json(['secret', 'check', 'ci_token'], { env: { CI_TOKEN: STRONG } })
    expect(data).toMatchObject({ secrets: [{ name: 'ci_token', resolves: true, version: null }] })
  })

  it('tells what is locked from what is not there', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
    writeFileSync(join(box.home, 'identity.age'), 'age-encryption.org/v1\n', { mode: 0o600 })
    rmSync(join(box.home, 'identity.txt'))
    const { code, data } = await box.json(['secret', 'check', 'api_key'])
    expect({ code, data }).toMatchObject({
      code: 1,
      data: {
        secrets: [{ error: { code: 'secret_locked', message: 'locked: run `keyhand unlock`' } }],
      },
    })
  })

  it.runIf(process.platform !== 'win32')(
    'refuses an encrypted file that others may read',
    async () => {
      const box = await fileHome()
      await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
      chmodSync(join(box.home, 'secrets.age'), 0o644)
      const { code, data } = await box.json(['secret', 'check', 'api_key'])
      expect({ code, data }).toMatchObject({
        code: 1,
        data: { secrets: [{ error: { code: 'config_unsafe' } }] },
      })
    },
  )

  it('names an entry with a mistake', async () => {
    const box = await fileHome('version: 1\nsecrets:\n  api_key: { provider: fille }\n')
    const { code, data } = await box.json(['secret', 'check', '--all'])
    expect({ code, data }).toMatchObject({
      code: 1,
      data: {
        secrets: [{ name: 'api_key', error: { message: containing('keyhand.yaml:3:24') } }],
      },
    })
    const one = await box.run(['secret', 'check', 'api_key'])
    expect(one).toMatchObject({ code: 3, err: containing('keyhand.yaml:3:24') })
  })

  it.each([
    [['secret', 'check']],
    [['secret', 'check', 'api_key', '--all']],
    [['secret', 'check', 'api_kee']],
  ])('asks for names or all: %j', async (argv) => {
    const box = await fileHome()
    expect((await box.run(argv)).code).toBe(2)
    expect(box.records()).toEqual([])
  })

  it('says what the name may have been', async () => {
    const box = await fileHome()
    const { err } = await box.run(['secret', 'check', 'api_kee'])
    expect(err).toContain('the catalog has no secret `api_kee`')
    expect(err).toContain('did you mean `api_key`')
  })

  it('reads no value that the trail does not know of', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
    await box.run(['secret', 'check', '--all'])
    expect(box.records().slice(-2)).toMatchObject([
      {
        kind: 'admin',
        change: { what: 'secret check', step: 'begun', secrets: ['api_key', 'ci_token'] },
      },
      { kind: 'admin', change: { what: 'secret check', step: 'done', unresolved: ['ci_token'] } },
    ])
  })

  it('reads nothing where the trail cannot be written', async () => {
    const box = await fileHome()
    await box.run(['secret', 'set', 'api_key'], { stdin: STRONG })
    write({ home: box.state }, '../blocked', 'no folder')
    const { code, out, err } = await box.run(['secret', 'check', 'api_key'], {
      env: { KEYHAND_STATE: join(box.state, '../blocked') },
    })
    expect({ code, out }).toEqual({ code: 4, out: '' })
    expect(err).toContain('the trail cannot be written')
  })
})
