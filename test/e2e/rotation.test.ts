import { generateX25519Identity } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import { holdsRun, type Upstream, upstream } from '../tools/http/upstream.ts'

const OLD = 'Wq7.Zt3-Xk9~Vp5_Rn2.Ym8-Lj4'
const NEW = 'Hd6.Gs2-Fb9~Tc4_Pw7.Mx3-Kv8'

let api: Upstream
let home: E2eHome
let client: McpClient
let accepted = OLD

beforeAll(async () => {
  api = await upstream((request, response) => {
    const sent = request.headers.authorization ?? ''
    const status = sent === `Bearer ${accepted}` ? 200 : 401
    response.writeHead(status, { 'content-type': 'text/plain' })
    response.end(`${status}: ${sent}, once ${OLD}`)
  })
  home = e2eHome({
    files: {
      'identity.txt': `${await generateX25519Identity()}\n`,
      'keyhand.yaml': `version: 1
secrets:
  k: { provider: file, cache: 10m }
tools:
  api:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: k }
`,
      'agents/tester.yaml': `agent: tester
tools:
  api:
    allow: [{ methods: [GET], paths: [/**] }]
`,
    },
  })
  expect((await home.keyhand(['secret', 'set', 'k'], OLD)).code).toBe(0)
  client = await home.connect('tester', 'modern')
})
afterAll(async () => {
  await client.close()
  await api.close()
  home.remove()
})

const get = (path: string) => client.callTool('api', { method: 'GET', path })

describe('a key that the upstream replaced', () => {
  it('is fetched anew and tried once more, in the same call', async () => {
    expect(await get('/before')).toMatchObject({ isError: false, structured: { status: 200 } })
    accepted = NEW
    expect((await home.keyhand(['secret', 'set', 'k'], NEW)).code).toBe(0)
    const answer = await get('/after')
    expect(answer).toMatchObject({ isError: false, structured: { status: 200 } })
    const call = answer.meta['keyhand/call']
    const records = home.records().filter((record) => record.call === call)
    expect(records.map(({ kind, attempt, status }) => [kind, attempt, status])).toEqual([
      ['intent', 1, undefined],
      ['outcome', 1, 401],
      ['intent', 2, undefined],
      ['outcome', 2, 200],
    ])
    expect(api.seen.filter(({ url }) => url === '/after')).toHaveLength(2)
  })

  it('is not shown, neither the old value nor the new one', async () => {
    const answer = await get('/echo')
    expect(answer.structured?.['body']).toBe('200: Bearer [secret k], once [secret k]')
    const all = JSON.stringify([answer, home.records()])
    for (const value of [OLD, NEW]) expect(holdsRun(all, value, 6)).toBe(false)
  })

  it('and of which there is no newer value is not sent twice, and the 401 is the answer', async () => {
    accepted = 'another'
    const answer = await get('/refused')
    expect(answer).toMatchObject({ isError: true, structured: { status: 401 } })
    expect(api.seen.filter(({ url }) => url === '/refused')).toHaveLength(1)
    expect(holdsRun(JSON.stringify(answer), NEW, 6)).toBe(false)
  })
})
