import { afterAll, beforeAll, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import { echoUpstream } from '../support/echo-upstream.ts'
import type { Upstream } from '../tools/http/upstream.ts'

// A PIN and a token through the built command: what the catalog says of each reaches redaction, and its owner is told.

const TOKEN = 'ghp_7Hq2Vx9LmR4tYw8ZbN3kCfJd6PsGuE1aXo5B'
const PIN = '4711'

let api: Upstream

beforeAll(async () => {
  api = await echoUpstream({
    '/order': (token, response, { headers }) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          pin: `the pin is ${String(headers['x-pin'])}`,
          amount: 147110,
          id: `ORD${PIN}X`,
          token,
          encoded: Buffer.from(`<${token}>`).toString('base64'),
        }),
      ),
  })
})
afterAll(() => api.close())

function homeWith(redact: string): E2eHome {
  return e2eHome({
    files: {
      'keyhand.yaml': `version: 1
secrets:
  token: { provider: env, variable: TOKEN }
  pin: { provider: env, variable: PIN${redact} }
tools:
  api:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: token }
  till:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: header, name: X-Pin, value: pin }
`,
      'agents/tester.yaml': `agent: tester
tools:
  api: { allow: [{ methods: [GET], paths: [/**] }] }
  till: { allow: [{ methods: [GET], paths: [/**] }] }
`,
    },
    env: { TOKEN, PIN },
  })
}

/** What two tools are answered: the one that sends the PIN, and the one that sends the token. */
async function answers(home: E2eHome) {
  const client = await home.connect('tester', 'modern')
  try {
    const body = async (tool: string) =>
      (await client.callTool(tool, { method: 'GET', path: '/order' })).structured?.['body']
    return { till: await body('till'), api: await body('api') }
  } finally {
    await client.close()
  }
}

it('a PIN with `redact: exact-word` goes as a word, stays inside of other text, and its owner is warned', async () => {
  const home = homeWith(', redact: exact-word')
  try {
    const { till, api } = await answers(home)
    expect(till).toMatchObject({ pin: 'the pin is [secret pin]', amount: 147110, id: 'ORD4711X' })
    expect(api).toMatchObject({ token: '[secret token]', encoded: '[secret token]' })
    const check = await home.keyhand(['secret', 'check', '--all'])
    expect(check.err).toContain('warning: pin is removed only where it is a word by itself')
    const doctor = await home.keyhand(['doctor'])
    expect(doctor.out).toContain('! pin is removed only where it is a word by itself')
  } finally {
    home.remove()
  }
})

it('a PIN with `redact: off` passes, beside a token in base64 that does not, and its owner is warned', async () => {
  const home = homeWith(', redact: off')
  try {
    const { till, api } = await answers(home)
    expect(till).toMatchObject({ pin: 'the pin is 4711', amount: 147110, id: 'ORD4711X' })
    expect(api).toMatchObject({ token: '[secret token]', encoded: '[secret token]' })
    const check = await home.keyhand(['secret', 'check', 'pin'])
    expect(check.err).toContain('warning: pin is not removed at all (`redact: off`)')
    const doctor = await home.keyhand(['doctor', '--json'])
    expect(doctor.out).toContain('pin is not removed at all (`redact: off`)')
  } finally {
    home.remove()
  }
})

it('a PIN of which the catalog says nothing is redacted in full, and its owner is told what that means', async () => {
  const home = homeWith('')
  try {
    const { till } = await answers(home)
    expect(till).toMatchObject({ pin: 'the pin is [secret pin]', id: 'ORD[secret pin]X' })
    const check = await home.keyhand(['secret', 'check', 'pin'])
    expect(check.err).toContain('warning: pin is weak (1-7 characters are few; under 64 bits)')
    expect(check.err).toContain('honest answer that happens to hold the same text is mangled')
  } finally {
    home.remove()
  }
})
