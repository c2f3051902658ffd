import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import { echoUpstream } from '../support/echo-upstream.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import type { Upstream } from '../tools/http/upstream.ts'

// Three servers share one home and one state: two of agent `ann`, one of agent `ben`.

let api: Upstream
let home: E2eHome
let clients: { ann: McpClient; annAgain: McpClient; ben: McpClient }

beforeAll(async () => {
  api = await echoUpstream()
  const scope = (agent: string, path: string) => `agent: ${agent}
tools:
  api:
    allow: [{ methods: [GET], paths: [/shared/**, ${path}] }]
    limit: 40/hour
`
  home = e2eHome({
    files: {
      'keyhand.yaml': `version: 1
secrets:
  k: { provider: env, variable: API_KEY }
tools:
  api:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: k }
`,
      'agents/ann.yaml': scope('ann', '/of-ann/**'),
      'agents/ben.yaml': scope('ben', '/of-ben/**'),
    },
    env: { API_KEY: 'Vq3-Zt8KxWm5Rp2NsYh7Lj4G' },
  })
  const [ann, annAgain, ben] = await Promise.all([
    home.connect('ann', 'modern'),
    home.connect('ann', 'legacy'),
    home.connect('ben', 'legacy'),
  ])
  clients = { ann, annAgain, ben }
})
afterAll(async () => {
  await Promise.all(Object.values(clients).map((client) => client.close()))
  await api.close()
  home.remove()
})

const get = (client: McpClient, path: string) => client.callTool('api', { method: 'GET', path })

describe('agents that share a home and a state', () => {
  it('have their own scopes', async () => {
    expect(await get(clients.ann, '/of-ann/1')).toMatchObject({ isError: false })
    expect(await get(clients.ben, '/of-ben/1')).toMatchObject({ isError: false })
    expect((await get(clients.ann, '/of-ben/1')).text).toContain('(no_rule)')
    expect((await get(clients.ben, '/of-ann/1')).text).toContain('(no_rule)')
    const { structured } = await clients.ben.callTool('keyhand_scope')
    expect(JSON.stringify(structured)).not.toContain('ann')
  })

  it('have their own limits, which all servers of one agent count together', async () => {
    const calls = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        get(n % 2 === 0 ? clients.ann : clients.annAgain, `/shared/${n}`),
      ),
    )
    const performed = calls.filter(({ isError }) => !isError)
    // One was used before.
    expect(performed).toHaveLength(39)
    for (const { isError, text } of calls) {
      if (isError) expect(text).toContain('(limit): the limit of 40/hour is used up')
    }
    expect(await get(clients.ben, '/shared/1')).toMatchObject({ isError: false })
    expect(api.seen.filter(({ url }) => url?.startsWith('/shared/'))).toHaveLength(40)
  })

  it('are stopped one by one', async () => {
    const guess = { method: 'GET', path: '/of-ben/x', query: { q: 'Vq3-Zt8KxWm5Rp2NsYh7Lj4G' } }
    for (let n = 0; n < 3; n += 1) await clients.ben.callTool('api', guess)
    expect((await get(clients.ben, '/of-ben/1')).text).toContain('(probing)')
    expect((await get(clients.ann, '/shared/1')).text).toContain('(limit)')
    expect((await clients.ben.callTool('keyhand_scope')).isError).toBe(false)
  })

  it('leave one trail that verifies, with each record under its agent, and each change once', async () => {
    const records = home.records()
    const paths = (agent: string) =>
      records
        .filter((record) => record.agent === agent && record.kind === 'outcome')
        .map(({ path }) => path)
    expect(paths('ann')).toContain('/of-ann/1')
    expect(paths('ann')).not.toContain('/of-ben/1')
    expect(paths('ben')).toContain('/of-ben/1')
    expect(new Set(records.map(({ pid }) => pid)).size).toBe(3)
    const changes = records.flatMap(({ change, kind }) =>
      kind === 'config' ? [change?.['file']] : [],
    )
    expect(changes.sort()).toEqual(['agents/ann.yaml', 'agents/ben.yaml', 'keyhand.yaml'])
    expect(await home.verify()).toEqual({ code: 0, problems: [] })
  })
})
