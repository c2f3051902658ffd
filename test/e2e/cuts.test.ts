import { afterAll, beforeAll, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import { echoUpstream, TEXT_FORMS } from '../support/echo-upstream.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import { holdsRun, type Upstream } from '../tools/http/upstream.ts'

const KEY = 'Vq3-Zt8KxWm5Rp2NsYh7Lj4G'

let api: Upstream
let home: E2eHome
let client: McpClient

beforeAll(async () => {
  api = await echoUpstream({
    '/text': (key, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`at ${key}${key} and ${key}`),
    '/json': (key, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ [key]: [key, { it: `is ${key}` }] })),
    '/base64': (key, response) =>
      response
        .writeHead(200, { 'content-type': 'text/plain' })
        .end(Buffer.from(`x${key}, then ${key}`).toString('base64')),
    '/endless': (key, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.end(`${key} `.repeat(40_000))
    },
  })
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
    max_response: 64KiB
`,
      'agents/tester.yaml': `agent: tester
tools:
  api:
    allow: [{ methods: [GET], paths: [/**] }]
`,
    },
    env: { API_KEY: KEY },
  })
  client = await home.connect('tester', 'modern')
})
afterAll(async () => {
  await client.close()
  await api.close()
  home.remove()
})

const EVERY_CUT = Array.from({ length: KEY.length * 3 }, (_, n) => n + 1)

/** What a value looks like in base64, wherever it begins there. */
const IN_BASE64 = [0, 1, 2].map((offset) =>
  (TEXT_FORMS[`base64-at-${offset}`] ?? String)(KEY).slice(4, -8),
)

it.each(['/text', '/json', '/base64'])(
  'no cut of %s shows 4 consecutive characters of the key, in text or in base64',
  async (path) => {
    const answers = await Promise.all(
      EVERY_CUT.flatMap((max_bytes) =>
        [false, true].map((binary) =>
          client.callTool('api', { method: 'GET', path, max_bytes, binary }),
        ),
      ),
    )
    expect(answers).toHaveLength(2 * EVERY_CUT.length)
    for (const answer of answers) {
      expect(answer.isError).toBe(false)
      const shown = JSON.stringify(answer)
      expect(holdsRun(shown, KEY)).toBe(false)
      // Five characters of base64 are the least that says four characters of what it stands for.
      for (const encoded of IN_BASE64) expect(holdsRun(shown, encoded, 5)).toBe(false)
    }
    // Some cut ends inside the marker, so the cuts went where the key was.
    expect(answers.some(({ structured }) => /\[secr?$/.test(String(structured?.['body'])))).toBe(
      true,
    )
  },
)

it('the end of what is read of an answer shows nothing either', async () => {
  const answers = await Promise.all(
    [1, 1_000, 65_535, 65_536].map((max_bytes) =>
      client.callTool('api', { method: 'GET', path: '/endless', max_bytes }),
    ),
  )
  for (const answer of answers) {
    expect(answer.structured).toHaveProperty('truncated')
    expect(holdsRun(JSON.stringify(answer), KEY)).toBe(false)
  }
})

it('an agent cannot ask the upstream itself for a part', async () => {
  const before = api.seen.length
  for (const headers of [{ Range: 'bytes=0-7' }, { 'If-Range': '"x"' }]) {
    const answer = await client.callTool('api', { method: 'GET', path: '/text', headers })
    expect(answer.text).toContain('(invalid_input)')
  }
  expect(api.seen).toHaveLength(before)
  await client.callTool('api', { method: 'GET', path: '/text' })
  expect(api.seen.at(-1)?.headers).not.toHaveProperty('range')
})
