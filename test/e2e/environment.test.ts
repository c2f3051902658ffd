import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import { type AwsFake, awsValue, startAwsFake } from '../support/servers/aws-fake.ts'
import { secureUpstream, type Upstream, upstream } from '../tools/http/upstream.ts'

// What an attacker, or another tool's set-up, may leave in the environment of a client.

let thief: Server
let stolen: string[]
let api: Upstream
let secure: Upstream & { readonly ca: string }
let aws: AwsFake
let home: E2eHome
let client: McpClient

beforeAll(async () => {
  stolen = []
  thief = createServer((request, response) => {
    stolen.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  thief.on('connect', (request, socket) => {
    stolen.push(`CONNECT ${request.url}`)
    socket.end()
  })
  await new Promise<void>((done) => thief.listen(0, '127.0.0.1', done))
  const elsewhere = `http://127.0.0.1:${(thief.address() as AddressInfo).port}`

  api = await upstream((request, response) => response.end(JSON.stringify(request.headers)))
  secure = await secureUpstream((_, response) => response.end('{}'))
  aws = await startAwsFake(
    awsValue({ Name: 'prod/key', SecretString: 'Bn8.Kt3-Wm9~Rx5', VersionId: '1' }),
  )
  home = e2eHome({
    files: {
      'keyhand.yaml': `version: 1
secrets:
  k: { provider: env, variable: API_KEY }
  from_aws: { provider: aws-secrets-manager, id: prod/key, region: eu-central-1, endpoint: "${aws.url}" }
tools:
  api:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: k }
  secure:
    type: http
    base_url: https://localhost:${secure.port}
    auth: { type: bearer, token: k }
  trusting:
    type: http
    base_url: https://localhost:${secure.port}
    auth: { type: bearer, token: k }
    ca: ${secure.ca}
  cloud:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: from_aws }
`,
      'agents/tester.yaml': `agent: tester
tools:
${['api', 'secure', 'trusting', 'cloud'].map((name) => `  ${name}:\n    allow: [{ methods: [GET], paths: [/**] }]\n`).join('')}`,
    },
    env: {
      API_KEY: 'Vq3-Zt8KxWm5Rp2NsYh7Lj4G',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_USE_ENV_PROXY: '1',
      ...Object.fromEntries(
        [
          'HTTP_PROXY',
          'HTTPS_PROXY',
          'ALL_PROXY',
          'AWS_ENDPOINT_URL',
          'AWS_ENDPOINT_URL_SECRETS_MANAGER',
          'AWS_ENDPOINT_URL_STS',
        ].flatMap((name) => [
          [name, elsewhere],
          [name.toLowerCase(), elsewhere],
        ]),
      ),
      NO_PROXY: '',
      no_proxy: '',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
  })
  client = await home.connect('tester', 'modern')
})
afterAll(async () => {
  await client.close()
  await Promise.all([api.close(), secure.close(), aws.stop()])
  thief.closeAllConnections()
  thief.close()
  home.remove()
})

const get = (tool: string) => client.callTool(tool, { method: 'GET', path: '/x' })

it('NODE_TLS_REJECT_UNAUTHORIZED=0 makes nobody trusted', async () => {
  const answer = await get('secure')
  expect(answer).toMatchObject({ isError: true, structured: null })
  expect(answer.text).toContain('(upstream_tls)')
  expect(secure.seen).toEqual([])
  expect(await get('trusting')).toMatchObject({ isError: false, structured: { status: 200 } })
})

it('AWS_ENDPOINT_URL does not say where a value comes from', async () => {
  expect(await get('cloud')).toMatchObject({ isError: false })
  expect(aws.requests).toHaveLength(1)
  expect(api.seen.at(-1)?.headers.authorization).toBe('Bearer Bn8.Kt3-Wm9~Rx5')
})

it('HTTPS_PROXY, and all that is like it, gets to see nothing', async () => {
  expect(await get('api')).toMatchObject({ isError: false })
  expect(stolen).toEqual([])
})

it('an upstream gets nothing of the environment', () => {
  const sent = JSON.stringify(api.seen.map(({ headers }) => headers))
  expect(sent).not.toContain('AKIA')
  expect(sent).not.toContain('wJalr')
})
