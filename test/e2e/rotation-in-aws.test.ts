import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import { type StartedServer, startMoto } from '../support/servers/moto.ts'
import { describeWithServer } from '../support/servers/require-server.ts'
import { holdsRun, type Upstream, upstream } from '../tools/http/upstream.ts'

const EVERY = 50
/** By the name of the secret and of its tool: what the catalog says of it. */
const SECRETS = {
  cached: 'cache: 5m, rotation: overlap, grace: 10m',
  uncached: 'cache: 0, rotation: overlap, grace: 10m',
  sudden: 'cache: 5m',
  late: 'cache: 5m',
  revoked: 'cache: 5m, rotation: overlap, grace: 1s',
} as const
type Name = keyof typeof SECRETS

describeWithServer('moto', 'a key that is rotated in AWS, over the built server', () => {
  const region = 'eu-central-1'
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  let moto: StartedServer
  let owner: SecretsManagerClient
  let api: Upstream
  let home: E2eHome
  let client: McpClient
  /** What the upstream takes, and how many keys there have been, by tool. */
  const taken = new Map<string, Set<string>>()
  const made = new Map<string, number>()
  const values: string[] = []

  beforeAll(async () => {
    moto = await startMoto()
    owner = new SecretsManagerClient({ region, endpoint: moto.url, credentials })
    api = await upstream((request, response) => {
      const [, tool = ''] = (request.url ?? '').split('/')
      const key = (request.headers.authorization ?? '').replace('Bearer ', '')
      response.writeHead(taken.get(tool)?.has(key) === true ? 200 : 401).end()
    })
    const names = Object.keys(SECRETS) as Name[]
    const secretLine = (name: Name) =>
      `  ${name}: { provider: aws-secrets-manager, id: prod/${name}, region: ${region}, endpoint: "${moto.url}", ${SECRETS[name]} }\n`
    const toolLine = (name: Name) =>
      `  ${name}: { type: http, base_url: "http://127.0.0.1:${api.port}/${name}", auth: { type: bearer, token: ${name} } }\n`
    const rule = (name: Name) => `  ${name}: { allow: [{ methods: [GET], paths: [/**] }] }\n`
    home = e2eHome({
      env: {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
      files: {
        'keyhand.yaml': `version: 1\nsecrets:\n${names.map(secretLine).join('')}tools:\n${names.map(toolLine).join('')}`,
        'agents/tester.yaml': `agent: tester\ntools:\n${names.map(rule).join('')}`,
      },
    })
    client = await home.connect('tester', 'modern')
  })
  afterAll(async () => {
    await client.close()
    await api.close()
    home.remove()
    owner.destroy()
    await moto.stop()
  })

  /** Puts a new version into AWS, and gives it. */
  async function rotate(name: Name): Promise<string> {
    const number = (made.get(name) ?? 0) + 1
    made.set(name, number)
    const value = createHash('sha256').update(`${name} ${number}`).digest('base64url')
    values.push(value)
    const id = `prod/${name}`
    if (number === 1) await owner.send(new CreateSecretCommand({ Name: id, SecretString: value }))
    else await owner.send(new PutSecretValueCommand({ SecretId: id, SecretString: value }))
    return value
  }

  async function status(name: Name): Promise<unknown> {
    const { structured, text } = await client.callTool(name, { method: 'GET', path: '/x' })
    return structured?.['status'] ?? text
  }

  /**
   * Calls over a key that is rotated every 50 of them; how many failed.
   *
   * @param knows after how many calls the upstream knows the new one.
   * @param lives for how many calls after a rotation it still takes the old one.
   * @param late how many calls after the upstream AWS has the new one, and then a second passes: a value that was refused and is
   * still the current one is asked for again once a second, however often an agent repeats its call.
   */
  async function failures(
    name: Name,
    calls: number,
    { knows = 0, lives = 0, late = 0 },
  ): Promise<number> {
    let last = await rotate(name)
    const accepted = new Set([last])
    taken.set(name, accepted)
    let failed = 0
    for (let call = 1; call <= calls; call += 1) {
      const since = call % EVERY
      const isRotated = call >= EVERY
      if (isRotated && since === 0 && lives === 0) accepted.clear()
      if (isRotated && since === late) {
        last = await rotate(name)
        if (late > 0) await setTimeout(1_100)
      }
      if (isRotated && since === Math.max(late, knows)) accepted.add(last)
      if (isRotated && lives > 0 && since === lives) {
        accepted.clear()
        accepted.add(last)
      }
      if ((await status(name)) !== 200) failed += 1
    }
    return failed
  }

  /** How many calls were answered with the version before the current one. */
  function rescued(name: Name): number {
    const versions = new Map<string, string[]>()
    for (const { kind, tool, call, secrets } of home.records()) {
      if (kind !== 'outcome' || tool !== name || call === undefined) continue
      versions.set(call, [...(versions.get(call) ?? []), secrets?.[0]?.version ?? ''])
    }
    return [...versions.values()].filter((all) => all.length > 1 && all[0] !== all.at(-1)).length
  }

  it('fails none of 1,000 calls where the old one lives on for 10 of them', async () => {
    expect(await failures('cached', 1_000, { knows: 5, lives: 10 })).toBe(0)
  })

  it('fails none of 1,000 calls where the old one dies at once: a refusal fetches the new one', async () => {
    expect(await failures('sudden', 1_000, {})).toBe(0)
    // Once for each rotation, the old version was refused and the new one taken in the same call.
    expect(rescued('sudden')).toBe(1_000 / EVERY)
  })

  it('fails none where AWS is ahead of the upstream: AWSPREVIOUS answers, and the record says so', async () => {
    expect(await failures('uncached', 210, { knows: 5, lives: 10 })).toBe(0)
    expect(rescued('uncached')).toBe(5 * 4)
  })

  it('fails those for which there is no right value anywhere: AWS is 3 calls later than the upstream', async () => {
    expect(await failures('late', 199, { late: 3 })).toBe(3 * 3)
  })

  it('brings no old value back once the grace is over, though the upstream would still take it', async () => {
    const old = await rotate('revoked')
    taken.set('revoked', new Set([old]))
    expect(await status('revoked')).toBe(200)
    await rotate('revoked')
    expect((await home.keyhand(['secret', 'refresh', 'revoked'])).code).toBe(0)
    // AWS says when a version was made to the second or finer.
    await setTimeout(2_100)
    expect(await status('revoked')).toBe(401)
  })

  it('shows no value of any version', async () => {
    const all = JSON.stringify(home.records())
    expect(values.length).toBeGreaterThan(40)
    expect(values.filter((value) => holdsRun(all, value, 8))).toEqual([])
    const { code, problems } = await home.verify()
    expect({ code, problems }).toEqual({ code: 0, problems: [] })
  })
})
