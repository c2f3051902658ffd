import { chmodSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import { echoUpstream } from '../support/echo-upstream.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import { textLike } from '../support/text-like.ts'
import type { Upstream } from '../tools/http/upstream.ts'

// One server for all of it: each test changes the files under the running server, as an admin, or an attacker, does.

let api: Upstream
let home: E2eHome
let client: McpClient
/** Lets the upstream answer what waits. */
let release = () => {}

const scope = (rules: string) => `agent: tester\ntools:\n  api:\n    ${rules}\n`
const ALLOW_READ = scope('allow: [{ methods: [GET], paths: [/public/**] }]')

beforeAll(async () => {
  api = await echoUpstream({
    '/public/slow': (_, response) => {
      release = () => response.end('{}')
    },
    '/public/failing': (_, response) => response.destroy(),
  })
  home = e2eHome({
    files: { 'keyhand.yaml': catalog(), 'agents/tester.yaml': ALLOW_READ },
    env: { API_KEY: 'Vq3-Zt8KxWm5Rp2NsYh7Lj4G' },
  })
  client = await home.connect('tester', 'modern')
})
beforeEach(() => {
  home.write('keyhand.yaml', catalog())
  home.write('agents/tester.yaml', ALLOW_READ)
  rmSync(join(home.home, 'policies'), { recursive: true, force: true })
})
afterAll(async () => {
  await client.close()
  await api.close()
  home.remove()
})

function catalog(more = ''): string {
  return `version: 1
secrets:
  k: { provider: env, variable: API_KEY }
tools:
  api:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: k }
${more}`
}

const call = (method: string, path: string, more: object = {}) =>
  client.callTool('api', { method, path, ...more })

/** A call that is refused with this text, and that nothing was sent for. */
async function refused(text: string, method = 'GET', path = '/public/a'): Promise<void> {
  const before = api.seen.length
  const answer = await call(method, path)
  expect(answer).toMatchObject({ isError: true, structured: null })
  expect(answer.text).toContain(text)
  expect(api.seen).toHaveLength(before)
}

async function performed(method = 'GET', path = '/public/a'): Promise<void> {
  expect(await call(method, path)).toMatchObject({ isError: false, structured: { status: 200 } })
}

describe('a change between two calls', () => {
  it('of the scope file counts from the next call on, also where size and times stay the same', async () => {
    await performed()
    home.write('agents/tester.yaml', ALLOW_READ.replace('/public/**', '/secret/**'))
    await refused('(no_rule)')
    await performed('GET', '/secret/a')
    const file = join(home.home, 'agents/tester.yaml')
    utimesSync(file, 1_700_000_000, 1_700_000_000)
    await performed('GET', '/secret/a')
    writeFileSync(file, ALLOW_READ.replace('/public/**', '/nobody/*'))
    utimesSync(file, 1_700_000_000, 1_700_000_000)
    await refused('(no_rule)', 'GET', '/secret/a')
  })

  it('is recorded once, with the rules that came and went', async () => {
    await performed()
    home.write('agents/tester.yaml', ALLOW_READ.replace('GET', 'ANY'))
    await performed('DELETE')
    await performed('DELETE')
    const changes = home.records().filter(({ kind }) => kind === 'config')
    expect(changes.at(-1)?.change).toMatchObject({
      file: 'agents/tester.yaml',
      valid: true,
      added: ['allow api {"methods":["ANY"],"paths":["/public/**"]}'],
      removed: ['allow api {"methods":["GET"],"paths":["/public/**"]}'],
    })
    const last = changes.at(-1)?.change?.['after']
    expect(changes.filter(({ change }) => change?.['after'] === last)).toHaveLength(1)
  })

  it('that deletes the scope file revokes it at once, and the list says who can mend it', async () => {
    await performed()
    rmSync(join(home.home, 'agents/tester.yaml'))
    await refused('(no_scope)')
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['keyhand_scope'])
    const { structured } = await client.callTool('keyhand_scope')
    expect(structured).toMatchObject({
      agent: 'tester',
      tools: [],
      problems: [textLike('agents/tester.yaml')],
    })
  })

  it('with a mistake never keeps the old scope in force, and says where the mistake is', async () => {
    await performed()
    home.write('agents/tester.yaml', ALLOW_READ.replace('allow', 'alow'))
    await refused('agents/tester.yaml:4:5 unknown key `alow`\nfix: did you mean `allow`')
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['keyhand_scope'])
    const { structured } = await client.callTool('keyhand_scope')
    expect(structured?.['problems']).toEqual([textLike('agents/tester.yaml:4:5')])
  })

  it('does not reach into a call that runs: it ends on the rules that it began with', async () => {
    const running = call('GET', '/public/slow')
    await expect.poll(() => api.seen.at(-1)?.url).toBe('/public/slow')
    rmSync(join(home.home, 'agents/tester.yaml'))
    await refused('(no_scope)')
    release()
    expect(await running).toMatchObject({ isError: false, structured: { status: 200 } })
  })

  it('is told to a client that has listed the tools', async () => {
    const told: string[] = []
    client.onToolsChanged(() => told.push('changed'))
    await client.listTools()
    home.write('agents/tester.yaml', ALLOW_READ.replace('GET', 'POST'))
    await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(0)
    const [tool] = await client.listTools()
    expect(tool?.inputSchema).toMatchObject({ properties: { method: { enum: ['POST'] } } })
  })

  it.skipIf(process.platform === 'win32')(
    'that lets others write the scope file refuses every call',
    async () => {
      await performed()
      chmodSync(join(home.home, 'agents/tester.yaml'), 0o666)
      await refused('(config_error)')
      chmodSync(join(home.home, 'agents/tester.yaml'), 0o600)
      await performed()
    },
  )

  it('of the catalog that breaks one tool refuses that tool', async () => {
    home.write('keyhand.yaml', catalog('    base_urll: x\n'))
    await refused('keyhand.yaml:9:5 unknown key `base_urll`\nfix: did you mean `base_url`')
  })

  it('of the expiry ends the scope from that moment on', async () => {
    await performed()
    home.write('agents/tester.yaml', ALLOW_READ.replace('tools:', 'expires: 2026-01-01\ntools:'))
    await refused('(expired): the scope of agent `tester` has expired')
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['keyhand_scope'])
  })
})

describe('rules', () => {
  it('on one line are two rules: the deny among them holds', async () => {
    home.write(
      'agents/tester.yaml',
      scope(
        '{ allow: [{ methods: [GET], paths: [/public/**] }, { methods: [POST], paths: [/public/**] }], deny: [{ paths: [/public/x] }, { paths: [/public/y] }] }',
      ).replace('api:\n    ', 'api: '),
    )
    await performed('GET')
    await performed('POST')
    await refused('(denied)', 'GET', '/public/x')
    await refused('(denied)', 'POST', '/public/y')
    const rules = home
      .records()
      .filter(({ kind }) => kind === 'intent')
      .slice(-2)
      .map((record) => record.rules)
    expect(rules[0]).not.toEqual(rules[1])
  })

  it('with a pattern that YAML reads as an alias are an error that says to quote it', async () => {
    home.write('agents/tester.yaml', scope('allow: [{ methods: [GET], paths: [**/x] }]'))
    await refused('`*` is an alias to YAML\nfix: quote it: `"**/x"`', 'GET', '/a/x')
  })

  it('with two `**` are an error that says to write two rules', async () => {
    home.write('agents/tester.yaml', scope('allow: [{ methods: [GET], paths: [/**/x/**] }]'))
    await refused('two rules', 'GET', '/a/x/b')
  })

  it('with a quote or Cedar text in a pattern match that text and nothing else', async () => {
    home.write('agents/tester.yaml', scope(`allow: [{ methods: [GET], paths: ['/a"||true||"'] }]`))
    await refused('(no_rule)', 'GET', '/public/a')
    await refused('(no_rule)', 'DELETE', '/b')
    await performed('GET', '/a%22%7C%7Ctrue%7C%7C%22')
  })

  it('that leave out a dimension allow nothing', async () => {
    home.write('agents/tester.yaml', scope('allow: [{ paths: [/public/**] }]'))
    await refused('`methods` is missing')
    home.write('agents/tester.yaml', scope('allow: [{ methods: [GET], paths: }]'))
    await refused('`paths` has no value')
  })

  it('do not imply HEAD by GET, nor the path below by the path', async () => {
    home.write('agents/tester.yaml', scope('allow: [{ methods: [GET], paths: [/public] }]'))
    await performed('GET', '/public')
    await refused('(no_rule)', 'HEAD', '/public')
    await refused('(no_rule)', 'GET', '/public/a')
    await refused('(no_rule)', 'GET', '/PUBLIC')
  })

  it('with a query let no other key through', async () => {
    home.write(
      'agents/tester.yaml',
      scope('allow: [{ methods: [GET], paths: [/public], query: { state: [open] } }]'),
    )
    expect(await call('GET', '/public', { query: { state: 'open' } })).toMatchObject({
      isError: false,
    })
    for (const query of [{ state: 'closed' }, { admin: '1' }, { state: 'open', admin: '1' }]) {
      expect((await call('GET', '/public', { query })).text).toContain('(no_rule)')
    }
  })

  it('count their limits apart from other rules, and moving lines resets nothing', async () => {
    const limited = (more: string) =>
      scope(`allow:\n${more}      - { methods: [GET], paths: [/public/limited], limit: 2/hour }`)
    home.write('agents/tester.yaml', limited(''))
    await performed('GET', '/public/limited')
    home.write('agents/tester.yaml', limited('      # moved\n\n'))
    await performed('GET', '/public/limited')
    await refused('(limit): the limit of 2/hour is used up', 'GET', '/public/limited')
    home.write('agents/tester.yaml', limited('      - { methods: [GET], paths: [/public/**] }\n'))
    await refused('(limit)', 'GET', '/public/limited')
    await performed('GET', '/public/other')
  })

  it('count an attempt whether or not the upstream was reached, and no refused one', async () => {
    home.write(
      'agents/tester.yaml',
      scope('allow: [{ methods: [GET], paths: [/public/failing], limit: 2/hour }]'),
    )
    await refused('(no_rule)', 'GET', '/public/other')
    for (const _ of [1, 2])
      expect((await call('GET', '/public/failing')).text).toContain('(upstream_')
    await refused('(limit)', 'GET', '/public/failing')
  })
})

describe('guardrails', () => {
  it('forbid what a scope allows, and are named by place', async () => {
    home.write(
      'policies/no-a.cedar',
      'forbid(principal, action == Action::"http:call", resource)\nwhen { context.path.n == 2 };\n',
    )
    await refused('(denied): policies/no-a.cedar:1:1 forbids this call')
    home.write(
      'policies/no-a.cedar',
      'forbid(principal, action == Action::"http:call", resource)\nwhen { context.method == "DELETE" };\n',
    )
    await performed()
  })

  it('with a permit refuse every call, and the list is empty', async () => {
    home.write('policies/all.cedar', 'permit(principal, action, resource);')
    await refused('policies/all.cedar:1:1: a guardrail may only forbid')
    await refused('policies/all.cedar:1:1', 'DELETE', '/anything')
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['keyhand_scope'])
    const { structured } = await client.callTool('keyhand_scope')
    expect(structured?.['problems']).toEqual([textLike('policies/all.cedar:1:1')])
  })

  it('with a mistake refuse every call', async () => {
    home.write(
      'policies/typo.cedar',
      'forbid(principal, action, resource) when { context.methd == "GET" };',
    )
    await refused('policies/typo.cedar:1')
  })
})

it('an agent that sends what a secret holds is refused, and stopped at the third time', async () => {
  await performed()
  const guess = { query: { q: 'Zt8KxWm5Rp2N' } }
  expect((await call('GET', '/public/a', guess)).text).toContain('(input_holds_secret)')
  expect((await call('GET', '/public/Vq3-Zt8KxWm5Rp2NsYh7Lj4G')).text).toContain(
    '(input_holds_secret)',
  )
  expect(
    (
      await call('GET', '/public/a', {
        headers: { 'x-request-id': Buffer.from('Vq3-Zt8KxWm5Rp2NsYh7Lj4G').toString('base64') },
      })
    ).text,
  ).toContain('(probing)')
  await refused('(probing)')
  expect(await home.keyhand(['agent', 'unblock', 'tester'])).toMatchObject({ code: 0 })
  await performed()
  expect(await home.verify()).toEqual({ code: 0, problems: [] })
})
