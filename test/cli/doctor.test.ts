import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { headlessNotes } from '../../src/cli/doctor/keychain-check.ts'
import { holdsAny } from '../../src/cli/doctor/leak/detector.ts'
import { ENCODINGS } from '../../src/cli/doctor/leak/encodings.ts'
import { ofVersion } from '../../src/cli/doctor/node-check.ts'
import { composeRecords } from '../../src/compose.ts'
import {
  containing,
  fileHome,
  matching,
  type Sandbox,
  type SandboxWorld,
  sandbox,
  write,
} from '../support/command-line.ts'

const SCOPE = `agent: tester
tools:
  shop: { allow: [{ methods: [GET], paths: [/orders] }] }
`

interface Finding {
  readonly level: string
  readonly text: string
  readonly fix: string | null
}

async function findings(box: Sandbox, name: string, world: SandboxWorld = {}): Promise<Finding[]> {
  const { data } = await box.json(['doctor'], world)
  const { checks } = data as { checks: { name: string; findings: Finding[] }[] }
  return checks.find((check) => check.name === name)?.findings ?? expect.fail(`no check ${name}`)
}

/** A home where everything is as it should be, but that no keychain is there. */
async function wellKept(): Promise<Sandbox> {
  const box = await fileHome(`version: 1
secrets:
  api_key: { provider: file }
tools:
  shop:
    type: http
    base_url: https://shop.example
    auth: { type: bearer, token: api_key }
`)
  write(box, 'agents/tester.yaml', SCOPE)
  await box.run(['secret', 'set', 'api_key'], { stdin: '9aZk27QpLmX81vRt5WcY3sNd' })
  return box
}

describe('doctor', () => {
  it('reads as it is published', async () => {
    const box = await wellKept()
    await box.run(['secret', 'set', 'pin', '--provider', 'file'], { stdin: 'hunter2' })
    const { code, out, err } = await box.run(['doctor'], {
      env: { HTTPS_PROXY: 'http://u:hunter22@p' },
    })
    const text = `$ keyhand doctor\n${out}${err}${code === 0 ? '' : `(exit ${code})\n`}`
      .replaceAll(box.home, '~/.config/keyhand')
      .replaceAll(box.state, '~/.local/state/keyhand')
      .replaceAll(process.versions.node, '24.0.0')
      .replaceAll(/took \d+ ms/g, 'took N ms')
      .replaceAll(/\d+ records in \d+ files/g, 'N records in N files')
    expect(text).not.toContain('hunter2')
    await expect(text).toMatchFileSnapshot('../golden/cli/doctor.txt')
  })

  it('ends with 0 where nothing is broken, and with 1 where something is', async () => {
    const box = await wellKept()
    expect(await box.run(['doctor'])).toMatchObject({ code: 0 })
    write(box, 'agents/tester.yaml', SCOPE.replace('shop:', 'shops:'))
    expect(await box.run(['doctor'])).toMatchObject({ code: 1 })
  })

  it('says what an empty home needs, and makes nothing', async () => {
    const box = sandbox()
    const { code, data } = await box.json(['doctor'])
    expect(code).toBe(1)
    expect(data).toMatchObject({ errors: 2, warnings: 1 })
    expect(box.everything()).toBe('')
  })

  it('names file and line of a mistake in a scope file', async () => {
    const box = await wellKept()
    write(box, 'agents/tester.yaml', SCOPE.replace('GET', 'FETCH'))
    expect((await findings(box, 'Catalog, scope files, guardrails'))[0]).toMatchObject({
      level: 'error',
      text: matching(/^agents\/tester\.yaml:3:\d+ /),
    })
  })

  it.runIf(process.platform !== 'win32')(
    'finds a key that others can read, and a home that others can write',
    async () => {
      const box = await wellKept()
      chmodSync(join(box.home, 'identity.txt'), 0o644)
      chmodSync(box.home, 0o777)
      const found = await findings(box, 'Folders')
      expect(found).toContainEqual({
        level: 'error',
        text: 'identity.txt holds a key and has mode 0644',
        fix: `chmod 600 ${join(box.home, 'identity.txt')}`,
      })
      expect(found).toContainEqual({
        level: 'error',
        text: `${box.home} can be written by everyone (mode 0777)`,
        fix: `chmod 700 ${box.home}`,
      })
    },
  )

  it.each([
    ['NODE_TLS_REJECT_UNAUTHORIZED', 'warning', 'is set and ignored: certificates are verified'],
    ['NODE_EXTRA_CA_CERTS', 'warning', 'is set: Node trusts those authorities too'],
    ['NODE_OPTIONS', 'warning', 'it can load code into keyhand'],
    ['HTTPS_PROXY', 'note', 'is set and ignored'],
    ['https_proxy', 'note', 'is set and ignored'],
    ['AWS_ENDPOINT_URL_SECRETS_MANAGER', 'note', 'is set and ignored, but where a secret says'],
    ['VAULT_ADDR', 'note', 'is set and ignored, but where a secret says'],
    ['VAULT_TOKEN', 'note', 'is set and ignored, but where a secret says'],
    ['VAULT_SKIP_VERIFY', 'note', 'VAULT_SKIP_VERIFY is set and ignored'],
    ['BAO_ADDR', 'note', 'is set and ignored'],
    ['GOOGLE_APPLICATION_CREDENTIALS', 'note', 'is set and ignored, but where a secret says'],
    ['GOOGLE_CLOUD_PROJECT', 'note', 'is set and ignored'],
    ['OP_SERVICE_ACCOUNT_TOKEN', 'note', 'is set and ignored'],
    ['AZURE_CLIENT_SECRET', 'note', 'an Azure Key Vault without `auth`, or'],
    ['KUBECONFIG', 'note', 'is set and ignored, but where an entry lists it'],
    ['AWS_PROFILE', 'note', 'a provider may log in with it'],
  ])('names %s, and not what it says', async (name, level, text) => {
    const box = sandbox()
    const found = await findings(box, 'Environment', { env: { [name]: 'kh-canary-value' } })
    expect(found[0]).toMatchObject({ level, text: containing(`${name} `) })
    expect(found[0]?.text).toContain(text)
    expect(JSON.stringify(found)).not.toContain('kh-canary-value')
  })

  it('says why a secret is weak, and that one cannot be watched; the trail has that they were read', async () => {
    const box = await wellKept()
    await box.run(['secret', 'set', 'pin', '--provider', 'file'], { stdin: '4711' })
    await box.run(['secret', 'set', 'gone', '--provider', 'file'], { stdin: 'to be removed, soon' })
    await box.run(['secret', 'remove', 'gone', '--keep-entry', '--yes'])
    const found = await findings(box, 'Secrets')
    expect(found.map(({ level, text }) => [level, text])).toEqual([
      ['good', 'api_key resolves (file)'],
      ['warning', matching(/^pin is weak \(1-7 characters are few; under 64 bits\)/)],
      ['error', matching(/^gone does not resolve \(file\): .*it cannot be watched/)],
    ])
    expect(box.records()).toContainEqual(
      expect.objectContaining({
        kind: 'admin',
        reason: 'doctor',
        change: {
          what: 'doctor',
          step: 'begun',
          terminal: false,
          secrets: ['api_key', 'pin', 'gone'],
        },
      }),
    )
  })

  it('warns of what redaction is told to let through, in the catalog and in its profiles', async () => {
    const box = await fileHome(`version: 1
secrets:
  pin: { provider: file, redact: exact-word }
  word: { provider: file, redact: off }
  strong: { provider: file, redact: off }
  gone: { provider: file, redact: off }
profiles:
  dev: { secrets: { pin: { provider: file, redact: full } } }
`)
    for (const [name, stdin] of [
      ['pin', '4711'],
      ['word', 'admin'],
      ['strong', '9aZk27QpLmX81vRt5WcY3sNd'],
    ] as const)
      await box.run(['secret', 'set', name], { stdin })
    const found = await findings(box, 'Secrets')
    expect(found.map(({ level, text }) => [level, text])).toEqual([
      [
        'warning',
        matching(/^pin is removed only where it is a word by itself \(`redact: exact-word`\)/),
      ],
      ['warning', matching(/^word is not removed at all \(`redact: off`\)/)],
      ['warning', matching(/^strong is not removed at all/)],
      ['warning', matching(/^strong is strong: there is no reason for `redact: off`/)],
      ['error', matching(/^gone does not resolve/)],
      ['warning', matching(/^gone is not removed at all/)],
      ['warning', matching(/^pin under profile dev is weak/)],
    ])
    expect(found.every(({ fix }) => fix !== null)).toBe(true)
    expect(JSON.stringify(found)).not.toMatch(/4711|admin/)
  })

  it('names an agent that was stopped for probing', async () => {
    const box = await wellKept()
    const { state, close } = await composeRecords(box)
    await state.blocks.block('tester', 'one answer held 4 different parts of values', 0)
    await close()
    expect(await findings(box, 'Agents')).toEqual([
      {
        level: 'warning',
        text: 'tester is stopped since 1970-01-01T00:00:00.000Z: one answer held 4 different parts of values',
        fix: 'look at `keyhand audit show --agent tester`, then `keyhand agent unblock tester`',
      },
    ])
  })

  it('says that a trail does not verify', async () => {
    const box = await wellKept()
    const { readdirSync, readFileSync, writeFileSync } = await import('node:fs')
    const [name = ''] = readdirSync(join(box.state, 'audit'))
    const file = join(box.state, 'audit', name)
    writeFileSync(file, readFileSync(file, 'utf8').replace('secret set', 'secret get'))
    expect((await findings(box, 'Audit trail'))[0]).toMatchObject({
      level: 'error',
      text: matching(/^not verified: /),
      fix: 'keyhand audit verify',
    })
  })

  it.each([
    ['22.18.0', 'error'],
    ['22.19.0', 'good'],
    ['20.20.2', 'error'],
    ['26.0.0', 'good'],
  ])('takes Node %s for %s', (version, level) => {
    expect(ofVersion(version).level).toBe(level)
  })
})

describe('a keychain that works', () => {
  it.each([
    ['linux', {}, 1],
    ['linux', { DISPLAY: '', WAYLAND_DISPLAY: '' }, 1],
    ['linux', { DISPLAY: ':0' }, 0],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 0],
    ['darwin', {}, 0],
    ['win32', {}, 0],
  ] as const)(
    'on %s with %j has %i notes of nobody being there to unlock it',
    (platform, env, count) => {
      expect(headlessNotes(platform, env)).toHaveLength(count)
    },
  )
})

describe("the self-test's detector", () => {
  const canary = 'kh_canary_9aZk27QpLmX81vRt5WcY3sNdF4gH6jKb'

  it.each(ENCODINGS.map((one) => [one.name, one] as const))(
    'finds a leak %s, whole and in part',
    (_, { encode }) => {
      const said = encode(canary)
      const middle = said.slice(said.length / 4, (said.length * 3) / 4)
      for (const shown of [
        said,
        `x ${said} y`,
        JSON.stringify({ said }),
        `[secret canary]${middle}`,
      ]) {
        expect(holdsAny({ content: [{ text: shown }] }, [said]), shown).toBe(true)
      }
      expect(holdsAny({ [said]: 1 }, [said])).toBe(true)
      expect(holdsAny({ content: [{ text: 'you: [secret canary]' }] }, [said])).toBe(false)
    },
  )
})
