import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import { holdsRun, type Upstream, upstream } from '../tools/http/upstream.ts'

const REAL = 'Wq7.Zt3-Xk9~Vp5_Rn2.Ym8-Lj4'
const DUMMY = 'Hd6.Gs2-Fb9~Tc4_Pw7.Mx3-Kv8'
const SANDBOX = 'Bz8.Qy5-Nh3~Jr6_Dv2.Sk9-Ft7'

let real: Upstream
let sandbox: Upstream
let home: E2eHome

const scope = (agent: string, profiles: string) => `agent: ${agent}
profiles: [${profiles}]
tools:
  api: { allow: [{ methods: [GET], paths: [/**] }] }
  live: { allow: [{ methods: [GET], paths: [/**] }] }
`

beforeAll(async () => {
  const echo: Parameters<typeof upstream>[0] = (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.end(`you sent ${request.headers.authorization ?? 'nothing'}`)
  }
  real = await upstream(echo)
  sandbox = await upstream(echo)
  home = e2eHome({
    env: { REAL_KEY: REAL, DUMMY_KEY: DUMMY, SANDBOX_KEY: SANDBOX },
    files: {
      'keyhand.yaml': `version: 1
secrets:
  key: { provider: env, variable: REAL_KEY, watch: used, tags: { environment: production } }
  other: { provider: env, variable: REAL_KEY, watch: used, tags: { environment: production } }
tools:
  api:
    type: http
    base_url: http://127.0.0.1:${real.port}
    auth: { type: bearer, token: key }
  live:
    type: http
    base_url: http://127.0.0.1:${real.port}
    auth: { type: bearer, token: other }
profiles:
  dev:
    secrets: { key: { provider: env, variable: DUMMY_KEY } }
  sandbox:
    secrets: { key: { provider: env, variable: SANDBOX_KEY } }
    tools: { api: { base_url: "http://127.0.0.1:${sandbox.port}" } }
`,
      'agents/tester.yaml': scope('tester', 'dev, sandbox'),
      'agents/operator.yaml': scope('operator', 'none'),
    },
  })
})
afterAll(async () => {
  await real.close()
  await sandbox.close()
  home.remove()
})

/** One call of `api` by a server of its own: what it answered, and which keys have reached the two upstreams meanwhile. */
async function callAs(agent: string, argv: readonly string[] = [], tool = 'api') {
  const before = [real.seen.length, sandbox.seen.length] as const
  const client = await home.connect(agent, 'modern', {}, argv)
  try {
    const answer = await client.callTool(tool, { method: 'GET', path: '/x' })
    const sent = (one: Upstream, from: number) =>
      one.seen.slice(from).map(({ headers }) => headers.authorization)
    const call = answer.meta['keyhand/call']
    const profiles = home
      .records()
      .filter((record) => record.call === call)
      .map(({ kind, profile }) => [kind, profile])
    return {
      answer,
      profiles,
      real: sent(real, before[0]),
      sandbox: sent(sandbox, before[1]),
    }
  } finally {
    await client.close()
  }
}

describe('keyhand serve --profile', () => {
  it('is the first that the scope file lists where it is left out', async () => {
    const { answer, ...done } = await callAs('tester')
    expect(answer).toMatchObject({ isError: false, structured: { status: 200 } })
    expect(done).toEqual({
      real: [`Bearer ${DUMMY}`],
      sandbox: [],
      profiles: [
        ['intent', 'dev'],
        ['outcome', 'dev'],
      ],
    })
  })

  it('picks another of them, with its origin and its key', async () => {
    const { answer, ...done } = await callAs('tester', ['--profile', 'sandbox'])
    expect(answer).toMatchObject({ isError: false, structured: { status: 200 } })
    expect(done).toEqual({
      real: [],
      sandbox: [`Bearer ${SANDBOX}`],
      profiles: [
        ['intent', 'sandbox'],
        ['outcome', 'sandbox'],
      ],
    })
  })

  it.each(['none', 'live'])(
    'picks nothing that the scope file does not list, and sends nothing: %s',
    async (profile) => {
      const {
        answer,
        real: toReal,
        sandbox: toSandbox,
      } = await callAs('tester', ['--profile', profile])
      expect(answer.isError).toBe(true)
      expect(answer.text).toContain(`agents/tester.yaml does not list the profile \`${profile}\``)
      expect([toReal, toSandbox]).toEqual([[], []])
    },
  )

  it('lets a secret for production go nowhere under one that is not for it', async () => {
    const { answer, ...sent } = await callAs('tester', [], 'live')
    expect(answer.isError).toBe(true)
    expect(answer.text).toContain('is not for production')
    expect(sent).toMatchObject({ real: [], sandbox: [] })
  })

  it('is no way out of the catalog as it stands either', async () => {
    const as = await callAs('operator')
    expect(as.real).toEqual([`Bearer ${REAL}`])
    const dev = await callAs('operator', ['--profile', 'dev'])
    expect(dev.answer.isError).toBe(true)
    expect([dev.real, dev.sandbox]).toEqual([[], []])
  })

  it('shows none of the values, whichever it used', async () => {
    const answers = [await callAs('tester'), await callAs('tester', ['--profile', 'sandbox'])]
    const all = JSON.stringify([answers.map(({ answer }) => answer), home.records()])
    expect(all).toContain('you sent Bearer [secret key]')
    for (const value of [REAL, DUMMY, SANDBOX]) expect(holdsRun(all, value, 6)).toBe(false)
  })
})
