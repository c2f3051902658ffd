import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { SopsReference } from '../../src/providers/sops/reference.ts'
import { createSopsProvider } from '../../src/providers/sops/sops.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  thrownBy,
} from '../contract/secret-provider.ts'
import { describeWithServer, sopsTool } from '../support/servers/require-server.ts'

const SAMPLES = {
  yaml: `# a comment
db:
    password: ${CANARY} # beside it
    user: me
    port: 5432
    ratio: 1.50
    big: 12345678901234567
    on: true
    nothing: null
    empty: ""
list:
    - first
    # in a list
    - second: ${CANARY}2
"the.key": with a dot
plain_unencrypted: 3.10
whole_unencrypted: 12345678901234567
huge_unencrypted: 1.5e+30
small_unencrypted: 0.00000012
yes_unencrypted: true
day_unencrypted: 2020-01-01
text_unencrypted: "with: colon é😀"
lines: |
    two
    lines
`,
  json: `{"db":{"password":"${CANARY}","user":"me","1":"one","0":1.5},"list":["é\\ud83d\\ude00",{"a":false}],"n_unencrypted":12345678901234567890,"e_unencrypted":1e-7,"b_unencrypted":false}`,
  ini: `top = outside\n[db]\n; a comment\npassword = ${CANARY}\nuser = me\n[other]\nx = "a b"\ny_unencrypted = plain\n`,
  dotenv: `# a comment\nPASSWORD=${CANARY}\nQUOTED="as it is"\nLINES=a\\nb\nC_unencrypted=x\n`,
} as const
type Format = keyof typeof SAMPLES
const EXTENSION = { yaml: 'yaml', json: 'json', ini: 'ini', dotenv: 'env' } as const

describeWithServer('sops', 'sops, on files that the real sops made', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-sops-')))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const identityFile = join(folder, 'identity.txt')
  let identity: string
  let recipient: string

  beforeAll(async () => {
    identity = await generateX25519Identity()
    recipient = await identityToRecipient(identity)
    writeFileSync(identityFile, `# created\n${identity}\n`, { mode: 0o600 })
  })

  let made = 0
  /** A file of this text, encrypted by the real sops. */
  function encrypted(format: Format, text: string = SAMPLES[format], args: string[] = []): string {
    made += 1
    const path = join(folder, `${made}.${EXTENSION[format]}`)
    writeFileSync(path, text)
    const env = { PATH: '/usr/bin:/bin', HOME: folder }
    const how = args.length > 0 ? args : ['--age', recipient]
    const all = [...how.slice(0, 2), 'encrypt', '--in-place', path]
    execFileSync(sopsTool, args.length > 0 ? all : ['encrypt', ...how, '--in-place', path], { env })
    return path
  }

  function changed(path: string, from: RegExp | string, to: string): string {
    const before = readFileSync(path, 'utf8')
    const after = before.replace(from, to)
    if (after === before) throw new Error('nothing was changed')
    writeFileSync(path, after)
    return path
  }

  const provider = createSopsProvider({ env: {} })
  const context = (name = 'api_key') => ({
    ...contextOf(name),
    secret: async (asked: string) => new Secret(asked, identity),
  })
  const builtIn = (file: string, key?: SopsReference['key']): SopsReference => ({
    file,
    identity: 'age_identity',
    ...(key === undefined ? {} : { key }),
  })
  const byProgram = (file: string, key?: SopsReference['key']): SopsReference => ({
    file,
    program: sopsTool,
    identity_file: identityFile,
    ...(key === undefined ? {} : { key }),
  })
  async function read(reference: SopsReference) {
    const fetched = await provider.fetch(reference, context())
    if (fetched === null) return null
    return Object.fromEntries([...fetched.fields].map(([field, one]) => [field, one.reveal()]))
  }

  for (const [how, of] of Object.entries({ 'built in': builtIn, 'by the program': byProgram })) {
    describeSecretProvider(`sops ${how}`, {
      store: false,
      async setup() {
        const file = encrypted('yaml')
        return {
          provider: {
            ...provider,
            fetch: (reference: SopsReference, own) =>
              provider.fetch(reference, { ...own, secret: context().secret }),
          },
          present: of(file, 'db.password'),
          absent: of(file, 'db.nobody'),
          writable: null,
          versions: how === 'built in',
          stop: async () => undefined,
        }
      },
    })

    describe(`sops ${how}`, () => {
      it.each(Object.keys(SAMPLES) as Format[])('reads %s, whose MAC is right', async (format) => {
        const key = format === 'dotenv' ? 'PASSWORD' : 'db.password'
        expect(await read(of(encrypted(format), key))).toEqual({ value: CANARY })
      })

      it('gives what stands directly below a key as fields', async () => {
        const file = encrypted('yaml', `login:\n    username: me\n    password: ${CANARY}\n`)
        expect(await read(of(file, 'login'))).toEqual({ username: 'me', password: CANARY })
      })

      it('reads lists, keys with dots, numbers and truth as they were written', async () => {
        const file = encrypted('yaml')
        expect(await read(of(file, ['list', how === 'built in' ? 2 : 1, 'second']))).toEqual({
          value: `${CANARY}2`,
        })
        expect(await read(of(file, ['the.key']))).toEqual({ value: 'with a dot' })
        expect(await read(of(file, 'db.port'))).toEqual({ value: '5432' })
        expect(await read(of(file, 'db.big'))).toEqual({ value: '12345678901234567' })
        expect(await read(of(file, 'db.on'))).toEqual({ value: 'true' })
        expect(await read(of(file, 'lines'))).toEqual({ value: 'two\nlines\n' })
      })

      it.each([
        ['a value that stands elsewhere in the file', 'swap'],
        ['a key that was removed', 'removed'],
        ['a plain value that was added', 'added'],
        ['a plain value that was changed', 'plain'],
        ['a MAC of another file', 'mac'],
        ['a MAC that is none', 'bogus'],
        ['two values of a list that changed places', 'list'],
        ['another time of its last change', 'time'],
        ['values left out of the MAC afterwards', 'scope'],
      ])('refuses %s', async (_what, change) => {
        const text = `a: ${CANARY}\nb: other\nlist:\n    - one\n    - two\nc_unencrypted: plain\n`
        const file = encrypted('yaml', text)
        const sealed = (name: string) =>
          new RegExp(`^${name}: (.*)$`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? ''
        if (change === 'swap') changed(file, sealed('b'), sealed('a'))
        if (change === 'removed') changed(file, /^b: .*\n/m, '')
        if (change === 'added') changed(file, /^sops:/m, 'd_unencrypted: x\nsops:')
        if (change === 'plain') changed(file, 'c_unencrypted: plain', 'c_unencrypted: other')
        if (change === 'mac') {
          const other = readFileSync(encrypted('yaml', 'x: y\n'), 'utf8')
          changed(file, / mac: .*/, / mac: .*/.exec(other)?.[0] ?? '')
        }
        if (change === 'bogus') changed(file, / mac: .*/, ' mac: bogus')
        if (change === 'list') {
          const [one = '', two = ''] = readFileSync(file, 'utf8').match(/^ {4}- ENC.*$/gm) ?? []
          changed(changed(changed(file, one, 'ONE'), two, one), 'ONE', two)
        }
        if (change === 'time')
          changed(file, /lastmodified: .*/, 'lastmodified: "2020-01-01T00:00:00Z"')
        if (change === 'scope') changed(file, / mac: /, ' mac_only_encrypted: true\n    mac: ')
        const error = await thrownBy(provider.fetch(of(file, 'a'), context()))
        expect(error.code).toBe('secret_invalid')
        expect(error.message).toMatch(/was changed after it was encrypted/)
        expect(everyTextOf(error)).not.toContain(CANARY)
      })

      it('refuses a file that is for another identity', async () => {
        const file = encrypted('json')
        const other = await generateX25519Identity()
        const otherFile = join(folder, `${how.length}-other.txt`)
        writeFileSync(otherFile, other, { mode: 0o600 })
        const reference =
          how === 'built in'
            ? { file, identity_file: otherFile }
            : { file, program: sopsTool, identity_file: otherFile }
        const error = await thrownBy(provider.fetch(reference, context()))
        expect(['secret_denied', 'secret_not_logged_in']).toContain(error.code)
        expect(everyTextOf(error)).not.toContain(other)
      })
    })
  }

  it('refuses a MAC over encrypted values alone that was changed, and reads one that was not', async () => {
    const text = `a: ${CANARY}\nb_unencrypted: plain\n`
    const rules = join(folder, 'rules.yaml')
    const rule = { age: recipient, mac_only_encrypted: true, unencrypted_suffix: '_unencrypted' }
    writeFileSync(rules, JSON.stringify({ creation_rules: [rule] }))
    const file = encrypted('yaml', text, ['--config', rules])
    expect(readFileSync(file, 'utf8')).toContain('mac_only_encrypted: true')
    changed(file, 'plain', 'other')
    expect(await read(builtIn(file, 'a'))).toEqual({ value: CANARY })
    changed(file, /^a: .*/m, 'a: ""')
    expect((await thrownBy(provider.fetch(builtIn(file, 'a'), context()))).code).toBe(
      'secret_invalid',
    )
  })

  it('gives no value that stands in plain text, which anybody could have written', async () => {
    const error = await thrownBy(
      provider.fetch(builtIn(encrypted('yaml'), 'text_unencrypted'), context()),
    )
    expect(error.code).toBe('secret_invalid')
    expect(error.message).toMatch(/is not encrypted$/)
  })

  it('says when the file was last changed, and has no version before', async () => {
    const file = encrypted('yaml')
    const fetched = await provider.fetch(builtIn(file, 'db.user'), context())
    expect(fetched?.version).toMatch(/^\d{4}-.*Z$/)
    expect(Math.abs((fetched?.createdAt ?? 0) - Date.now())).toBeLessThan(60_000)
    const previous = { ...context(), version: 'previous' as const }
    await expect(provider.fetch(builtIn(file, 'db.user'), previous)).resolves.toBeNull()
  })

  it('refuses an identity file and a program that others could read or replace', async () => {
    const open = join(folder, 'open.txt')
    writeFileSync(open, identity)
    chmodSync(open, 0o644)
    const file = encrypted('yaml')
    const error = await thrownBy(provider.fetch({ file, identity_file: open }, context()))
    expect([error.code, error.message]).toEqual([
      'config_unsafe',
      `\`${open}\` can be read or written by others`,
    ])
    const program = join(folder, 'sops')
    writeFileSync(program, '#!/bin/sh\nexit 0\n')
    chmodSync(program, 0o777)
    const replaced = await thrownBy(provider.fetch({ file, program }, context()))
    expect([replaced.code, replaced.message]).toEqual([
      'config_unsafe',
      `\`${program}\` can be written by others`,
    ])
  })

  it('starts the program without what keyhand was started with, and without the identity', async () => {
    const program = join(folder, 'fake-sops')
    writeFileSync(program, '#!/bin/sh\nprintf \'{"env": "%s"}\' "$(env | tr "\\n" ";")"\n', {
      mode: 0o755,
    })
    const own = createSopsProvider({ env: { AWS_PROFILE: 'prod', API_KEY: CANARY } })
    const reference = { file: encrypted('yaml'), program, from_environment: ['AWS_PROFILE'] }
    const fetched = await own.fetch({ ...reference, key: 'env' }, context())
    const seen = fetched?.fields.get('value')?.reveal() ?? ''
    expect(seen).toContain('AWS_PROFILE=prod;')
    expect(seen).not.toContain(CANARY)
    expect(seen).not.toContain('npm_')
    expect(seen).not.toContain('AGE-SECRET-KEY')
  })

  it('says what cannot be read at all', async () => {
    const plain = join(folder, 'plain.yaml')
    writeFileSync(plain, `a: ${CANARY}\n`)
    const two = join(folder, 'two.yaml')
    writeFileSync(two, `a: ${CANARY}\na: 2\n`)
    for (const [file, message] of [
      [plain, /is not encrypted by sops$/],
      [two, /cannot be read as yaml$/],
    ] as const) {
      const error = await thrownBy(provider.fetch(builtIn(file, 'a'), context()))
      expect(error.code).toBe('secret_invalid')
      expect(error.message).toMatch(message)
      expect(everyTextOf(error)).not.toContain(CANARY)
    }
    await expect(provider.fetch(builtIn(join(folder, 'no.yaml')), context())).resolves.toBeNull()
  })
})
