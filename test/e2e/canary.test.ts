import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity } from 'age-encryption'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bytesBelow, type E2eHome, e2eHome } from '../support/e2e-home.ts'
import { echoUpstream, OTHER_ECHOES, TEXT_FORMS } from '../support/echo-upstream.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import { holdsRun, type Upstream } from '../tools/http/upstream.ts'

/** Planted in the encrypted file, as an owner does; no 4 characters of it may come out anywhere. */
const CANARY = 'Wq7.Zt3-Xk9~Vp5_Rn2.Ym8-Lj4'
/** Another secret of the same home, which the agent's scope reaches by another tool only. */
const NEIGHBOUR = 'Hd6.Gs2-Fb9~Tc4_Pw7.Mx3-Kv8'

let api: Upstream
let home: E2eHome
let client: McpClient
const said: string[] = []

beforeAll(async () => {
  api = await echoUpstream({
    '/neighbour': (_, response) => response.writeHead(200).end(`the other key is ${NEIGHBOUR}`),
    '/mark-path': (_, response) => response.writeHead(200).end('mark-result'),
    [`/path/${CANARY}`]: (_, response) => response.writeHead(200).end('{}'),
  })
  const tool = (name: string, secret: string, more = '') => `  ${name}:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: ${secret} }
${more}`
  home = e2eHome({
    files: {
      'identity.txt': `${await generateX25519Identity()}\n`,
      'keyhand.yaml': `version: 1
secrets:
  canary: { provider: file }
  neighbour: { provider: file }
  absent: { provider: file }
tools:
${tool('api', 'canary')}${tool('other', 'neighbour')}${tool('nothing', 'absent')}  closed:
    type: http
    base_url: http://127.0.0.1:1
    auth: { type: header, name: X-Key, value: canary }
  hook:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: path, token: canary, prefix: '/path/{token}' }
`,
      'agents/tester.yaml': `agent: tester
tools:
${['api', 'other', 'nothing', 'closed', 'hook'].map((name) => `  ${name}:\n    allow: [{ methods: [ANY], paths: [/**] }]\n`).join('')}`,
    },
  })
  for (const [name, value] of [
    ['canary', CANARY],
    ['neighbour', NEIGHBOUR],
  ] as const) {
    const { code, out, err } = await home.keyhand(['secret', 'set', name], value)
    said.push(out, err)
    expect(code).toBe(0)
  }
  client = await home.connect('tester', 'modern')
})
afterAll(async () => {
  await client.close()
  await api.close()
  home.remove()
})

it('a planted value is in no result and no error, whatever a call asks for', async () => {
  const paths = [
    ...Object.keys(TEXT_FORMS).map((form) => `/form/${form}`),
    ...Object.keys(OTHER_ECHOES),
  ]
  const inputs = [
    ...paths.flatMap((path) => ['api', 'hook'].map((tool) => ({ tool, path }))),
    { tool: 'other', path: '/form/raw' },
    { tool: 'api', path: '/neighbour' },
    { tool: 'nothing', path: '/' },
    { tool: 'closed', path: '/' },
    { tool: 'hook', path: '/' },
    { tool: 'absent', path: '/' },
  ]
  const answers = await Promise.all(
    inputs.map(({ tool, path }) => client.callTool(tool, { method: 'GET', path })),
  )
  said.push(...answers.map((answer) => JSON.stringify(answer)))
  const texts = answers.map(({ text }) => text).join('\n')
  expect(texts).toContain('[secret canary]')
  expect(texts).toContain('the other key is [secret neighbour]')
  expect(texts).toContain('(secret_not_found)')
  expect(texts).toContain('(upstream_unreachable)')
  expect(api.seen.some(({ headers }) => headers.authorization === `Bearer ${CANARY}`)).toBe(true)
  expect(api.seen.some(({ url }) => url?.includes(CANARY))).toBe(true)
})

it('nor in an answer to an agent that sends it, or guesses', async () => {
  // Fewer than would stop the agent.
  const answer = await client.callTool('api', { method: 'GET', path: '/x', query: { q: CANARY } })
  expect(answer.text).toContain('(input_holds_secret)')
  expect(answer.text).not.toContain('canary')
  said.push(JSON.stringify(answer))
})

it.runIf(process.platform === 'linux')(
  'nor in the environment or the arguments of the server, and it has no child',
  () => {
    const process = join('/proc', String(client.pid))
    for (const file of ['environ', 'cmdline'])
      said.push(readFileSync(join(process, file), 'latin1'))
    const children = readdirSync(join(process, 'task')).map((task) =>
      readFileSync(join(process, 'task', task, 'children'), 'utf8'),
    )
    expect(children.join('')).toBe('')
  },
)

it.runIf(process.platform === 'linux')('the server listens on no port', () => {
  const folder = join('/proc', String(client.pid))
  const open = readdirSync(join(folder, 'fd')).map((fd) => {
    try {
      return readlinkSync(join(folder, 'fd', fd))
    } catch {
      return ''
    }
  })
  const listening = ['net/tcp', 'net/tcp6', 'net/udp', 'net/udp6'].flatMap((table) =>
    readFileSync(join(folder, table), 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // 0A is LISTEN; a UDP socket that is open takes what comes.
      .filter(([, , , state]) => state === '0A' || table.includes('udp'))
      .map((fields) => `socket:[${fields[9]}]`),
  )
  expect(listening.length).toBeGreaterThan(0)
  expect(open.filter((target) => listening.includes(target))).toEqual([])
})

it('the trail holds nothing of queries, headers, bodies and results', async () => {
  const answer = await client.callTool('api', {
    method: 'POST',
    path: '/mark-path',
    query: { q: 'mark-query' },
    headers: { 'x-request-id': 'mark-header' },
    body: { it: 'mark-body' },
  })
  expect(answer.text).toContain('mark-result')
  const sent = api.seen.at(-1)
  expect(sent?.url).toBe('/mark-path?q=mark-query')
  expect(sent?.headers['x-request-id']).toBe('mark-header')
  const trail = bytesBelow(home.state)
  expect(trail).toContain('mark-path')
  for (const mark of ['mark-query', 'mark-header', 'mark-body', 'mark-result'])
    expect(trail).not.toContain(mark)
})

it('nor in what commands print', async () => {
  for (const argv of [
    ['audit', 'show'],
    ['audit', 'show', '--json'],
    ['audit', 'verify'],
    ['secret', 'list'],
    ['secret', 'check'],
    ['secret', 'check', 'canary', '--json'],
    ['scope', 'check'],
    ['scope', 'show', 'tester'],
    ['can', 'tester', 'api', 'GET', '/form/raw'],
  ]) {
    const { out, err } = await home.keyhand(argv)
    expect(`${argv.join(' ')}: ${out}${err}`.length).toBeGreaterThan(argv.join(' ').length + 3)
    said.push(out, err)
  }
})

it('nor in any file of home and state, in any encoding', async () => {
  await client.close()
  said.push(client.stderr())
  const files = bytesBelow(home.state)
  expect(files).toContain('"kind":"outcome"')
  expect(files).toContain('SQLite format 3')
  expect(readdirSync(home.state)).toContain('compile-cache')
  said.push(files, bytesBelow(home.home))
  for (const text of said) {
    for (const value of [CANARY, NEIGHBOUR]) expect(holdsRun(text, value, 6)).toBe(false)
  }
  const all = said.join('\n')
  for (const value of [CANARY, NEIGHBOUR]) {
    for (const encode of Object.values(TEXT_FORMS)) {
      const encoded = encode(value)
      const middle = encoded.length / 2
      expect(all).not.toContain(encoded.slice(middle - 6, middle + 6))
    }
    expect(all).not.toContain(Buffer.from(value, 'utf16le').toString('latin1'))
  }
})
