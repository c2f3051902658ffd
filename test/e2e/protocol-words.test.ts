import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import { echoUpstream } from '../support/echo-upstream.ts'
import type { ClientEra } from '../support/mcp-clients.ts'
import type { Upstream } from '../tools/http/upstream.ts'

/** What a careless test account's password may be, and what every message is made of. */
const WORDS = ['complete', 'content', 'text', 'object', 'result', 'api', '200', '2']

let api: Upstream

beforeAll(async () => {
  api = await echoUpstream({
    '/echo': (key, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ said: `it is ${key} !`, [key]: [key], content: 'complete' })),
    '/number': (key, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"it":${key}}`),
  })
})
afterAll(() => api.close())

describe.each<ClientEra>(['legacy', 'modern'])('with a %s client', (era) => {
  it.each(WORDS)('a secret whose value is `%s` breaks no message', async (word) => {
    const home = homeWith(word)
    const client = await home.connect('tester', era)
    try {
      const names = async () => (await client.listTools()).map(({ name }) => name)
      expect(await names()).toEqual(['api', 'keyhand_scope'])
      const first = await client.callTool('api', { method: 'GET', path: '/echo' })
      expect(first).toMatchObject({
        isError: false,
        meta: { 'keyhand/call': first.structured?.['call'] },
      })
      expect(first.structured?.['status']).toBe('200'.includes(word) ? '[secret k]' : 200)
      expect(first.structured?.['body']).toMatchObject({ said: 'it is [secret k] !' })
      expect(JSON.parse(first.text)).toEqual(first.structured)
      // From here on the value is known when lists and errors are made, too.
      expect(await names()).toEqual(['api', 'keyhand_scope'])
      const refused = await client.callTool('api', { method: 'DELETE', path: '/' })
      expect(refused).toMatchObject({ isError: true, structured: null })
      expect(refused.text).toContain(`keyhand audit show ${String(refused.meta['keyhand/call'])}`)
      const scope = await client.callTool('keyhand_scope')
      expect(scope.isError).toBe(false)
      expect(scope.structured).toHaveProperty('tools')
      if (/^\d+$/.test(word)) {
        const number = await client.callTool('api', { method: 'GET', path: '/number' })
        expect(number.structured?.['body']).toEqual({ it: '[secret k]' })
      }
    } finally {
      await client.close()
      home.remove()
    }
  })
})

function homeWith(value: string): E2eHome {
  return e2eHome({
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
      'agents/tester.yaml': `agent: tester
tools:
  api:
    allow: [{ methods: [GET], paths: [/**] }]
`,
    },
    env: { API_KEY: value },
  })
}
