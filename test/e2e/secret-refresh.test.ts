import { generateX25519Identity } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesBelow, type E2eHome, e2eHome } from '../support/e2e-home.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import { type Upstream, upstream } from '../tools/http/upstream.ts'

const OLD = 'Wq7.Zt3-Xk9~Vp5_Rn2.Ym8-Lj4'
const NEW = 'Hd6.Gs2-Fb9~Tc4_Pw7.Mx3-Kv8'

let api: Upstream
let home: E2eHome
let clients: McpClient[]

beforeAll(async () => {
  // It takes whatever key it gets: no refusal ever tells keyhand that a value is old.
  api = await upstream((_request, response) => response.end('fine'))
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
  clients = [await home.connect('tester', 'modern'), await home.connect('tester', 'legacy')]
})
afterAll(async () => {
  for (const client of clients) await client.close()
  await api.close()
  home.remove()
})

/** What each running server sends. */
async function keysSent(): Promise<(string | undefined)[]> {
  const from = api.seen.length
  for (const client of clients) {
    const answer = await client.callTool('api', { method: 'GET', path: '/x' })
    expect(answer).toMatchObject({ isError: false, structured: { status: 200 } })
  }
  return api.seen.slice(from).map(({ headers }) => headers.authorization?.replace('Bearer ', ''))
}

async function listed() {
  const { code, out } = await home.keyhand(['secret', 'list', '--json'])
  expect(code).toBe(0)
  const { secrets } = JSON.parse(out) as {
    secrets: { cached_until: string | null; version_created: string; last_used: string | null }[]
  }
  return secrets[0]
}

describe('keyhand secret refresh, while servers run', () => {
  it('makes each of them fetch anew with its next call, and until then they use what they have', async () => {
    expect(await keysSent()).toEqual([OLD, OLD])
    expect((await home.keyhand(['secret', 'set', 'k'], NEW)).code).toBe(0)
    expect(await keysSent()).toEqual([OLD, OLD])
    expect((await home.keyhand(['secret', 'refresh', 'k'])).code).toBe(0)
    expect(await keysSent()).toEqual([NEW, NEW])
    expect(api.seen).toHaveLength(6)
  })
})

describe('keyhand secret list, while servers run', () => {
  it('says until when a server uses what it has, how old that is, and when a call last did', async () => {
    await keysSent()
    const shown = await listed()
    const left = Date.parse(shown?.cached_until ?? '') - Date.now()
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(600_000)
    expect(Math.abs(Date.now() - Date.parse(shown?.version_created ?? ''))).toBeLessThan(120_000)
    expect(shown?.last_used).toMatch(/Z$/)
    const { out } = await home.keyhand(['secret', 'list'])
    expect(out).toMatch(/^k +file +- +- +always +10m +10 min left +new +api +20\S+Z$/m)
  })

  it('holds nothing of a value, in no file of the state', async () => {
    const bytes = bytesBelow(home.state)
    expect(bytes).toContain('cached_secrets')
    for (const value of [OLD, NEW]) expect(bytes).not.toContain(value)
  })

  it('says that nothing is cached once the servers have ended, and also where they were killed', async () => {
    const [first, second] = clients
    await first?.close()
    expect((await listed())?.cached_until).not.toBeNull()
    const pid = second?.pid ?? null
    if (pid === null) throw new Error('the server has ended already')
    process.kill(pid, 'SIGKILL')
    await expect.poll(async () => (await listed())?.cached_until, { timeout: 20_000 }).toBeNull()
    expect((await listed())?.version_created).toMatch(/Z$/)
  })
})
