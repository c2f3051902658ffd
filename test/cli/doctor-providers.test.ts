import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { composeRecords } from '../../src/compose.ts'
import {
  containing,
  fileHome,
  matching,
  type Sandbox,
  type SandboxWorld,
  write,
} from '../support/command-line.ts'
import { type JsonAnswer, json, startJsonFake } from '../support/servers/json-fake.ts'
import { describeWithServer } from '../support/servers/require-server.ts'
import { type StartedVault, startVault } from '../support/servers/vault.ts'

const TOKEN = 'hvs.kh-canary-9aZk27QpLmX81vRt5WcY3sNd'
const VALUE = 'kh-canary-4Gh8Jk2Lm6Np1Qr5St9Uv3Wx'

interface Finding {
  readonly level: string
  readonly text: string
  readonly fix: string | null
}

async function findings(
  box: Sandbox,
  name: string,
  { argv = [], ...world }: SandboxWorld & { argv?: readonly string[] } = {},
): Promise<Finding[]> {
  const { data, out } = await box.json(['doctor', ...argv], world)
  expect(out).not.toMatch(/kh-canary/)
  const { checks } = data as { checks: { name: string; findings: Finding[] }[] }
  return checks.find((check) => check.name === name)?.findings ?? expect.fail(`no check ${name}`)
}

/** A home whose `db` and `queue` are in the Vault at this address, which is logged into with a token in the encrypted file. */
async function vaultHome(url: string, more = '', token = TOKEN): Promise<Sandbox> {
  const box = await fileHome(`version: 1
providers:
  prod:
    type: vault
    address: ${url}
    auth: { type: token, token: vault_token }
    engine: kv-v1
secrets:
  vault_token: { provider: file }
  db: { provider: prod, path: secret/db, key: value }
  queue: { provider: prod, path: secret/queue, key: value }
${more}`)
  await box.run(['secret', 'set', 'vault_token'], { stdin: token })
  return box
}

/** A fake of Vault: says this of every secret, and who it is to whom asks. */
async function fakeVault(answer: JsonAnswer) {
  const fake = await startJsonFake((request, response) => {
    if (request.url.startsWith('/v1/secret/')) answer(request, response)
    else if (request.url === '/v1/auth/token/lookup-self') {
      json(200, { data: { ttl: 3600, renewable: false, accessor: 'a', type: 'service' } })(
        request,
        response,
      )
    } else json(200, {})(request, response)
  })
  onTestFinished(() => fake.stop())
  return fake
}

const gives = json(200, { data: { value: VALUE } })

describe('what doctor says of a provider', () => {
  it('is that it is reachable and logged in, how its clock stands and how long one fetch takes', async () => {
    const fake = await fakeVault(gives)
    const box = await vaultHome(fake.url)
    expect(await findings(box, 'Providers')).toEqual([
      {
        level: 'good',
        text: matching(/^file: works, one fetch took \d+ ms \(vault_token\)$/),
        fix: null,
      },
      {
        level: 'good',
        text: matching(
          /^prod \(vault\) at 127\.0\.0\.1:\d+: reachable, logged in, one fetch took \d+ ms \(db\); clocks agree$/,
        ),
        fix: null,
      },
    ])
    const asked = fake.requests.filter(({ url }) => !url.startsWith('/v1/'))
    expect(asked).toHaveLength(1)
    expect(JSON.stringify(asked)).not.toContain('kh-canary')
  })

  it('reads as it is published', async () => {
    const fake = await fakeVault(gives)
    const box = await vaultHome(fake.url)
    const { out } = await box.run(['doctor'], { now: Date.now() - 240_000 })
    const section = /^Providers\n(?: .*\n)+/m.exec(out)?.[0] ?? expect.fail(out)
    const text = `$ keyhand doctor\n...\n${section}...\n`
      .replaceAll(/127\.0\.0\.1:\d+/g, 'vault.example.com:8200')
      .replaceAll(/\d+ ms/g, 'N ms')
      .replaceAll(/sudo (timedatectl|sntp) .*|w32tm .*/g, 'sudo timedatectl set-ntp true')
    await expect(text).toMatchFileSnapshot('../golden/cli/doctor-providers.txt')
  })

  it.each([
    [240_000, 'ahead of', /4 min/],
    [-90_000, 'behind', /9\d s/],
  ])('warns of a clock that is %i ms off', async (off, way, by) => {
    const box = await vaultHome((await fakeVault(gives)).url)
    const found = await findings(box, 'Providers', { now: Date.now() + off })
    expect(found[1]?.text).toContain('; clocks differ')
    expect(found[2]).toMatchObject({
      level: 'warning',
      text: matching(
        new RegExp(`^this machine's clock is ${by.source} ${way} that of prod \\(vault\\)`),
      ),
      fix: matching(/timedatectl|sntp|w32tm/),
    })
  })

  it('says where no time is to be had', async () => {
    const silent = await startJsonFake((request, response) => {
      response.sendDate = false
      gives(request, response)
    })
    onTestFinished(() => silent.stop())
    const box = await vaultHome(silent.url)
    const found = await findings(box, 'Providers')
    expect(found[1]).toMatchObject({ text: containing('; clocks not compared (it says no time)') })
  })

  it.each([
    ['not there', json(404, { errors: [] }), 'warning', 'reachable, logged in, and has nothing of'],
    [
      'denied',
      json(403, { errors: ['permission denied'] }),
      'error',
      'reachable, and refuses what',
    ],
    ['throttled', json(429, { errors: [] }), 'warning', 'reachable, and asks to be left alone'],
  ] as const)('tells %s from what else there is, with a fix', async (_, answer, level, text) => {
    const box = await vaultHome((await fakeVault(answer)).url)
    const found = await findings(box, 'Providers')
    expect(found[1]).toMatchObject({ level, text: containing(text), fix: matching(/./) })
  })

  it('is that it is not logged in, with what to do, where it does not take the token', async () => {
    const fake = await startJsonFake(json(403, { errors: ['permission denied', 'invalid token'] }))
    onTestFinished(() => fake.stop())
    const box = await vaultHome(fake.url)
    expect((await findings(box, 'Providers'))[1]).toEqual({
      level: 'error',
      text: containing('reachable, not logged in; clocks agree: the token of Vault has expired'),
      fix: containing('vault login'),
    })
  })

  it('is that it cannot be reached, and then it is asked for one secret only', async () => {
    const fake = await startJsonFake(gives)
    await fake.stop()
    const box = await vaultHome(fake.url)
    const found = await findings(box, 'Providers')
    expect(found[1]).toMatchObject({
      level: 'error',
      text: matching(/^prod \(vault\) at .*: not reachable: Vault refuses the connection/),
      fix: containing('Check that Vault runs'),
    })
    const secrets = await findings(box, 'Secrets')
    expect(secrets.map(({ level }) => level)).toEqual(['good', 'error', 'error'])
    const changes = box.records().filter(({ reason }) => reason === 'doctor')
    expect(changes).toHaveLength(4)
  })

  it('shows nothing of an address that the environment says', async () => {
    const box = await vaultHome('https://unused.example')
    write(
      box,
      'keyhand.yaml',
      `version: 1
secrets:
  db: { provider: vault, from_environment: true, engine: kv-v1, path: secret/db }
`,
    )
    const env = { VAULT_ADDR: 'https://u:kh-canary@vault.example', VAULT_TOKEN: TOKEN }
    expect(await findings(box, 'Providers', { env })).toMatchObject([
      { level: 'error', text: matching(/^vault: cannot be used; clocks not compared/) },
    ])
  })

  it('covers what a profile changes', async () => {
    const box = await vaultHome(
      (await fakeVault(gives)).url,
      'profiles:\n  dev:\n    secrets:\n      db: { provider: file }\n',
    )
    expect((await findings(box, 'Secrets')).at(-1)).toMatchObject({
      level: 'error',
      text: matching(/^db does not resolve under profile dev \(file\)/),
    })
  })
})

describe('what doctor says of an agent', () => {
  it('is the profile that it runs under, and the others that it may', async () => {
    const box = await vaultHome(
      'https://vault.example',
      `tools:
  shop: { type: http, base_url: 'https://shop.example', auth: { type: bearer, token: db } }
profiles:
  dev: { secrets: { db: { provider: file } } }
`,
    )
    const rules = 'tools: { shop: { allow: [{ methods: [GET], paths: [/orders] }] } }\n'
    write(box, 'agents/one.yaml', `agent: one\nprofiles: [dev, none]\n${rules}`)
    write(box, 'agents/two.yaml', `agent: two\nprofiles: [none]\n${rules}`)
    write(box, 'agents/three.yaml', `agent: three\n${rules}`)
    const found = await findings(box, 'Agents')
    expect(found.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'good: one may call',
      'note: one runs under the profile dev; `--profile` may make it none',
      'good: three may call',
      'good: two may call',
      'note: two runs under the catalog as it stands',
    ])
  })
})

describe('what doctor says of earlier calls', () => {
  it('is which value was used past its time, and which could not be watched, within a week', async () => {
    const box = await fileHome()
    const { trail, close } = await composeRecords(box)
    const outcome = { kind: 'outcome', call: 'c', action: 'a' } as const
    await trail.append({ ...outcome, stale: ['api_key'], unwatched: ['ci_token'] })
    await trail.append({ ...outcome, stale: ['api_key'] })
    await close()
    const name = 'Calls of the last 7 days'
    expect(await findings(box, name)).toEqual([
      {
        level: 'warning',
        text: matching(/^api_key was used though its time was over, .*: 2 times, last \d{4}-/),
        fix: containing('stale_if_error'),
      },
      {
        level: 'warning',
        text: matching(/^ci_token could not be read and so not be watched, .*: once, last \d{4}-/),
        fix: 'keyhand secret check ci_token',
      },
    ])
    expect(await findings(box, name, { now: Date.now() + 8 * 86_400_000 })).toMatchObject([
      { level: 'good' },
    ])
  })
})

/** Notes a login in the ledger, as a process that dies without giving it back. */
function leave(box: Sandbox, accessor: string, address: string): void {
  const place = JSON.stringify([address, null])
  const token = { accessor, place, endsAt: Date.now() + 300_000 }
  const script = `
    const { openState } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/state/state.ts'))})
    const { leases } = openState({ folder: ${JSON.stringify(box.state)}, now: () => Date.now() })
    await leases.put(${JSON.stringify(token)})
    process.kill(process.pid, 'SIGKILL')`
  spawnSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
}

describe.skipIf(process.platform === 'win32')('a program that its store is away from', () => {
  it('is asked once, and no other program is taken to be down with it', async () => {
    const box = await fileHome(`version: 1
secrets:
  away: { provider: command, program: /bin/sh, args: [-c, "exit 7"], unreachable_exit: [7] }
  away2: { provider: command, program: /bin/sh, args: [-c, "exit 7"], unreachable_exit: [7], json: /x }
  here: { provider: command, program: /bin/echo, args: [${VALUE}] }
`)
    const all = await findings(box, 'Secrets')
    expect(all.map(({ level, text }) => [level, text.split(' (')[0]])).toEqual([
      ['error', 'away does not resolve'],
      ['error', 'away2 does not resolve'],
      ['good', 'here resolves'],
    ])
    expect(all[1]?.text).toBe(all[0]?.text.replace('away', 'away2'))
  })
})

describe('doctor and what dead processes were lent', () => {
  it('refuses to test for leaks and to end something in one go', async () => {
    const { code, err } = await (await fileHome()).run(['doctor', '--leak', '--fix'])
    expect(code).toBe(2)
    expect(err).toContain('`--leak` and `--fix` exclude each other')
  })

  it('says that a place is not in the catalog any more, and why what was left cannot be ended', async () => {
    const box = await vaultHome((await fakeVault(gives)).url)
    leave(box, 'gone', 'https://another.example')
    expect(await findings(box, 'Leases', { argv: ['--fix'] })).toEqual([
      {
        level: 'warning',
        text: '1 login left by dead processes at places that no secret of the catalog names; such end by themselves',
        fix: null,
      },
    ])
  })
})

describeWithServer('vault', 'doctor --fix, with a real Vault', () => {
  let vault: StartedVault
  beforeAll(async () => {
    vault = await startVault()
    await vault.api('POST', 'secret/data/db', { data: { value: VALUE } })
    await vault.api('POST', 'secret/data/queue', { data: { value: VALUE } })
  })
  afterAll(() => vault.stop())

  async function orphan(box: Sandbox): Promise<string> {
    const { auth } = await vault.api('POST', 'auth/token/create', { ttl: '300s' })
    const { data } = await vault.api('POST', 'auth/token/lookup', { token: auth.client_token })
    const accessor = String(data['accessor'])
    leave(box, accessor, vault.url)
    return accessor
  }

  async function accessors(): Promise<readonly string[]> {
    return (await vault.api('LIST', 'auth/token/accessors')).data.keys
  }

  it('ends what dead processes were lent, says so, and changes nothing without --fix', async () => {
    const box = await vaultHome(vault.url, '', vault.token)
    write(
      box,
      'keyhand.yaml',
      `version: 1
secrets:
  vault_token: { provider: file }
  db:
    provider: vault
    address: ${vault.url}
    auth: { type: token, token: vault_token }
    path: secret/db
    key: value
`,
    )
    const left = [await orphan(box), await orphan(box)]
    expect(await accessors()).toEqual(expect.arrayContaining(left))

    expect(await findings(box, 'Leases')).toEqual([
      {
        level: 'warning',
        text: '2 logins of dead processes may still hold what they were lent',
        fix: 'keyhand doctor --fix; the next call that needs a secret ends them too',
      },
    ])
    expect(await accessors()).toEqual(expect.arrayContaining(left))

    expect(await findings(box, 'Leases', { argv: ['--fix'] })).toEqual([
      {
        level: 'good',
        text: 'ended 2 logins of dead processes, and with that all that hung on it',
        fix: null,
      },
    ])
    const after = await accessors()
    expect(after.filter((one) => left.includes(one))).toEqual([])
    expect(box.records().filter(({ reason }) => reason === 'doctor --fix')).toMatchObject([
      { kind: 'admin', change: { step: 'begun', orphans: 2 } },
      { kind: 'admin', change: { step: 'done', ended: 2, failed: [] } },
    ])
    expect(await findings(box, 'Leases')).toEqual([
      { level: 'good', text: 'no dead process left any', fix: null },
    ])
  })

  it('says why they cannot be ended, and that they are still there', async () => {
    const box = await vaultHome(vault.url, '', 'hvs.no-such-token-at-all')
    await orphan(box)
    expect(await findings(box, 'Leases', { argv: ['--fix'] })).toEqual([
      expect.objectContaining({ level: 'error', text: matching(/^not ended: /) }),
      expect.objectContaining({ level: 'error', text: matching(/^not ended: /) }),
    ])
    expect(await findings(box, 'Leases')).toMatchObject([{ level: 'warning' }])
    expect((await findings(box, 'Providers'))[1]?.text).toContain('reachable, not logged in')
  })
})
