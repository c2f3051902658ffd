import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, type E2eHome, e2eHome } from '../support/e2e-home.ts'
import { echoUpstream, OTHER_ECHOES, TEXT_FORMS } from '../support/echo-upstream.ts'
import { inspect } from '../support/inspector.ts'
import type { ClientEra, McpClient } from '../support/mcp-clients.ts'
import { textLike } from '../support/text-like.ts'
import { holdsRun, type Upstream } from '../tools/http/upstream.ts'

// The built command, a real upstream, real clients: nothing between them is a fake.

/** Holds what JSON, URLs and base64 each write in another way. */
const KEY = 'Zk7"Qp\\/vX2+mT9&Wr=Lj4<Ny8~Hb'

const IDS = {
  uuid: '0192f3a4-5b6c-7d8e-9f01-23456789abcd',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  commit: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  etag: 'W/"686897696a7c876b7e"',
}

let api: Upstream
let home: E2eHome

beforeAll(async () => {
  api = await echoUpstream({
    '/big-id': (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"id":1234567890123456789,"n":7}'),
    '/to-user': (_, response) => response.writeHead(302, { location: '/user' }).end(),
    '/to-payroll': (_, response) =>
      response.writeHead(302, { location: '/repos/acme/PAYROLL' }).end(),
    '/to-elsewhere': (_, response) =>
      response.writeHead(302, { location: `http://localhost:${api.port}/user` }).end(),
    '/ids': (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(IDS)),
    '/pages': (_, response) =>
      response
        .writeHead(200, {
          link: '</pages?page=2>; rel="next"',
          'x-ratelimit-remaining': '59',
          'set-cookie': 'session=planted',
          server: 'planted',
        })
        .end('[]'),
  })
  home = e2eHome({
    files: {
      'keyhand.yaml': `version: 1
secrets:
  api_key: { provider: env, variable: API_KEY }
tools:
  api:
    type: http
    description: Our API
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: api_key }
  other:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: api_key }
`,
      'agents/tester.yaml': `agent: tester
tools:
  api:
    allow:
      - methods: [GET]
        paths: [/**]
      - methods: [POST]
        paths: [/issues]
        approval: human
    deny:
      - paths: [/repos/acme/payroll, /repos/acme/payroll/**]
    limit: 1000/hour
`,
    },
    env: { API_KEY: KEY },
  })
})
afterAll(async () => {
  await api.close()
  home.remove()
})

describe.each<ClientEra>(['legacy', 'modern'])('with a %s client', (era) => {
  let client: McpClient
  beforeAll(async () => {
    client = await home.connect('tester', era)
    await client.listTools()
  })
  afterAll(() => client.close())

  const get = (path: string, more: object = {}) =>
    client.callTool('api', { method: 'GET', path, ...more })

  it('performs an allowed call, with the key on it and not in it', async () => {
    const answer = await get('/user', { query: { page: '2' } })
    expect(answer).toMatchObject({
      isError: false,
      structured: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: { path: '/user' },
      },
    })
    expect(JSON.parse(answer.text)).toEqual(answer.structured)
    expect(api.seen.at(-1)?.url).toBe('/user?page=2')
    expect(api.seen.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('gives each answer the id that the trail has', async () => {
    const { meta, structured } = await get('/user')
    const id = meta['keyhand/call']
    expect(structured?.['call']).toBe(id)
    const records = home.records().filter(({ call }) => call === id)
    expect(records.map(({ kind }) => kind)).toEqual(['intent', 'outcome'])
    expect(new Set(records.map(({ action }) => action)).size).toBe(1)
    expect(records[0]?.action).toMatch(/^[0-9a-f]{64}$/)
    expect(records[1]).toMatchObject({
      agent: 'tester',
      client:
        era === 'legacy'
          ? { name: 'legacy-test-client', version: '1.2.3' }
          : { name: 'modern-test-client', version: '4.5.6' },
      era: era === 'legacy' ? '2025-11-25' : '2026-07-28',
      tool: 'api',
      verb: 'GET',
      target: `http://127.0.0.1:${api.port}`,
      path: '/user',
      decision: 'allow',
      rules: ['agents/tester.yaml:5:9'],
      secrets: [{ name: 'api_key', provider: 'env' }],
      status: 200,
    })
    const shown = await home.keyhand(['audit', 'show', String(id)])
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(shown.out).toContain('/user')
  })

  it('refuses a call that no rule allows, and shows the rule that would', async () => {
    const before = api.seen.length
    const answer = await client.callTool('api', { method: 'DELETE', path: '/repos/acme/site' })
    expect(answer).toMatchObject({ isError: true, structured: null })
    expect(answer.text).toContain('(no_rule): no rule of agents/tester.yaml allows this call')
    expect(answer.text).toContain('methods: [DELETE]')
    expect(answer.text).toContain('paths: [/repos/acme/site]')
    expect(api.seen).toHaveLength(before)
  })

  it.each([
    '/repos/acme/payroll',
    '/repos/acme/PAYROLL',
    '/repos/acme/%70ayroll',
    '/repos/ACME/Payroll/x',
  ])('denies %s, which a deny names in one way of many', async (path) => {
    const before = api.seen.length
    const answer = await get(path)
    expect(answer).toMatchObject({ isError: true, structured: null })
    expect(answer.text).toContain('(denied): agents/tester.yaml:11:9 forbids this call')
    expect(api.seen).toHaveLength(before)
  })

  it('performs nothing where a human would have to say yes and none is set up', async () => {
    const before = api.seen.length
    const answer = await client.callTool('api', { method: 'POST', path: '/issues', body: {} })
    expect(answer).toMatchObject({ isError: true, structured: null })
    expect(answer.text).toContain('needs approval by a human: none is set up')
    expect(api.seen).toHaveLength(before)
  })

  it.each([
    '/public/../admin',
    '/public/%2e%2e/admin',
    '//admin',
    '/a;b',
    '/a%2fb',
    '/a\\b',
    'http://evil.example/',
  ])('refuses %s, and says what to write instead', async (path) => {
    const before = api.seen.length
    const answer = await get(path)
    expect(answer).toMatchObject({ isError: true, structured: null })
    expect(answer.text).toContain('(invalid_input)')
    expect(api.seen).toHaveLength(before)
  })

  it.each([
    { Host: 'evil.example' },
    { Authorization: 'Bearer mine' },
    { Cookie: 'a=b' },
    { 'X-Forwarded-For': '127.0.0.1' },
    { Range: 'bytes=0-3' },
    { Accept: 'a\r\nAuthorization: Bearer mine' },
  ])('refuses the header %o', async (headers) => {
    const before = api.seen.length
    const answer = await get('/user', { headers })
    expect(answer).toMatchObject({ isError: true, structured: null })
    expect(answer.text).toContain('(invalid_input)')
    expect(api.seen).toHaveLength(before)
  })

  it.each(['other', 'nothing', 'keyhand_secret', '../api'])(
    'refuses the tool %s, which it does not list, in the same words whether it is there or not',
    async (name) => {
      expect((await client.listTools()).map((tool) => tool.name)).toEqual(['api', 'keyhand_scope'])
      const before = api.seen.length
      const answer = await client.callTool(name, { method: 'GET', path: '/user' })
      expect(answer).toMatchObject({ isError: true, structured: null })
      expect(answer.text).toContain(
        '(unknown_tool): no tool of that name is in the scope of agent `tester`',
      )
      expect(api.seen).toHaveLength(before)
      const record = home.records().findLast(({ call }) => call === answer.meta['keyhand/call'])
      expect(record).toMatchObject({ kind: 'refused', tool: name, reason: 'unknown_tool' })
    },
  )

  it.each(Object.keys(TEXT_FORMS))('shows nothing of a key that is echoed as %s', async (form) => {
    const answer = await get(`/form/${form}`)
    expect(answer.structured?.['body']).toMatch(/^<<.*\[secret api_key\].*>>$/)
    expectNothing(JSON.stringify(answer))
    const record = home.records().findLast(({ call }) => call === answer.meta['keyhand/call'])
    expect(record?.redactions).toEqual({ api_key: 1 })
  })

  it.each(Object.keys(OTHER_ECHOES))(
    'shows nothing of a key that is echoed at %s',
    async (path) => {
      const answer = await get(path)
      expectNothing(JSON.stringify(answer))
      const inBase64 = JSON.stringify(await get(path, { binary: true }))
      expectNothing(inBase64)
      const bytes = /"body_base64":"([^"]*)"/.exec(inBase64)?.[1] ?? ''
      expectNothing(Buffer.from(bytes, 'base64').toString('latin1'))
    },
  )

  it('shows nothing of a key with `select` on the very place', async () => {
    const answer = await get('/nested', { select: ['/a/0/b/0/0'] })
    expect(answer.structured?.['body']).toEqual({ '/a/0/b/0/0': '<[secret api_key]>' })
  })

  it('follows a redirect as a call of its own: decided, counted and recorded', async () => {
    const { structured, meta } = await get('/to-user')
    expect(structured).toMatchObject({ status: 200, body: { path: '/user' } })
    const records = home.records().filter(({ call }) => call === meta['keyhand/call'])
    expect(records.map(({ kind, path, reason }) => [kind, path, reason])).toEqual([
      ['intent', '/to-user', undefined],
      ['outcome', '/to-user', 'redirect'],
      ['intent', '/user', undefined],
      ['outcome', '/user', undefined],
    ])
  })

  it('follows no redirect to what is denied, and none to another origin', async () => {
    const before = api.seen.length
    const denied = await get('/to-payroll')
    expect(denied.text).toContain('the upstream redirected, and the redirect is refused')
    expect(denied.text).not.toContain('smallest rule')
    const elsewhere = await get('/to-elsewhere')
    expect(elsewhere.structured).toMatchObject({ status: 302, notes: [textLike('not followed')] })
    expect(api.seen.slice(before).map(({ url }) => url)).toEqual(['/to-payroll', '/to-elsewhere'])
  })

  it('leaves a UUID, a digest and a commit id as they are: only known values are removed', async () => {
    expect((await get('/ids')).structured?.['body']).toEqual(IDS)
  })

  it('keeps every digit of an id', async () => {
    expect((await get('/big-id')).structured).toMatchObject({
      body: { id: '1234567890123456789', n: 7 },
      notes: [textLike('given as string')],
    })
  })

  it('delivers what a model can act on of the headers, and no cookie', async () => {
    expect((await get('/pages')).structured?.['headers']).toEqual({
      link: '</pages?page=2>; rel="next"',
      'x-ratelimit-remaining': '59',
    })
  })

  it('tells the agent where it stands, without performing anything', async () => {
    const before = { requests: api.seen.length, records: home.records().length }
    const { structured } = await client.callTool('keyhand_scope')
    expect(structured).toEqual({
      agent: 'tester',
      expires: null,
      problems: [],
      tools: [
        {
          name: 'api',
          type: 'http',
          description: 'Our API',
          allow: [textLike('GET'), textLike('human')],
          deny: [textLike('/repos/acme/payroll')],
          limits: ['1000/hour'],
          problem: null,
        },
      ],
      ask: textLike('only a human can add it to agents/tester.yaml'),
    })
    expect({ requests: api.seen.length, records: home.records().length }).toEqual(before)
  })

  it('answers 200 calls at once, each with its own answer, while a slow one runs', async () => {
    const slow = slowCall(`/slow/60000/beside-${era}`)
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => get(`/n/${n}`)))
    expect(answers.map(({ structured }) => structured?.['body'])).toEqual(
      Array.from({ length: 200 }, (_, n) => ({ path: `/n/${n}` })),
    )
    expect(new Set(answers.map(({ meta }) => meta['keyhand/call'])).size).toBe(200)
    expect(slow.over()).toBe(false)
    await slow.cancel()
  })

  it('ends the request to the upstream when the client cancels, and records that', async () => {
    const [ended, other] = [`/slow/60000/ended-${era}`, `/slow/60000/other-${era}`]
    const calls = [slowCall(ended), slowCall(other)] as const
    await expect
      .poll(() => [ended, other].map((path) => connection(path)?.destroyed))
      .toEqual([false, false])
    await calls[0].cancel()
    await expect.poll(() => connection(ended)?.destroyed).toBe(true)
    await expect
      .poll(() => home.records().find(({ path, kind }) => path === ended && kind === 'outcome'))
      .toMatchObject({ error: { code: 'cancelled' } })
    expect(connection(other)?.destroyed).toBe(false)
    await calls[1].cancel()
  })

  /** A call that the upstream answers after a minute, if it is let. */
  function slowCall(path: string) {
    const controller = new AbortController()
    let over = false
    const call = client
      .callTool('api', { method: 'GET', path }, { signal: controller.signal })
      .then(
        () => 'answered',
        () => 'cancelled',
      )
      .finally(() => {
        over = true
      })
    return {
      over: () => over,
      async cancel() {
        controller.abort()
        expect(await call).toBe('cancelled')
      },
    }
  }

  const connection = (path: string) => api.seen.find(({ url }) => url === path)?.socket

  it('leaves a trail that verifies, without a trace of the key', async () => {
    expect(await home.verify()).toEqual({ code: 0, problems: [] })
    for (const record of home.records()) expectNothing(JSON.stringify(record))
    expect(client.stderr()).toBe('')
  })
})

it('serves a client that finds the revision out by a probe', async () => {
  const client = await home.connect('tester', 'auto')
  expect(client.protocolVersion).toBe('2026-07-28')
  expect(await client.callTool('api', { method: 'GET', path: '/user' })).toMatchObject({
    isError: false,
  })
  await client.close()
})

it('trusts no name that a client gives itself', async () => {
  // The clients of these tests, or `claude-code`: who an agent is comes from `--agent` alone.
  home.write(
    'agents/claude-code.yaml',
    'agent: claude-code\ntools:\n  other:\n    allow:\n      - { methods: [ANY], paths: ["/**"] }\n',
  )
  const raw = await home.raw('tester')
  raw.send({
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'claude-code', version: '9', agent: 'claude-code' },
    },
  })
  await raw.response(1)
  raw.send({
    id: 2,
    method: 'tools/call',
    params: {
      name: 'other',
      arguments: { method: 'GET', path: '/user' },
      _meta: { 'io.modelcontextprotocol/clientInfo': { name: 'claude-code', version: '9' } },
    },
  })
  expect(JSON.stringify(await raw.response(2))).toContain('(unknown_tool)')
  raw.end()
  await raw.exit()
  expect(home.records().at(-1)).toMatchObject({ agent: 'tester', kind: 'refused', tool: 'other' })
})

describe.each(['legacy', 'modern'])('the MCP Inspector, %s', (era) => {
  const run = (...args: string[]) =>
    inspect([
      ...Object.entries(home.env).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      ...[process.execPath, BIN, 'serve', '--agent', 'tester'],
      ...['--protocol-era', era, ...args, '--format', 'json'],
    ])
  const call = (input: object) =>
    run('--method', 'tools/call', '--tool-name', 'api', '--tool-args-json', JSON.stringify(input))

  it('finds nothing to say about the list, gets an echo without the key, and sees a refusal as one', async () => {
    const list = await run('--method', 'tools/list', '--strict')
    expect(list).toMatchObject({ code: 0 })
    expect(list.stdout).toContain('"name":"api"')
    const echo = await call({ method: 'GET', path: '/form/raw' })
    expect(echo).toMatchObject({ code: 0 })
    expect(echo.stdout).toContain('<<[secret api_key]>>')
    expectNothing(echo.stdout)
    const refused = await call({ method: 'GET', path: '/repos/acme/payroll' })
    expect(refused.code).toBe(5)
    expect(refused.stdout + refused.stderr).toContain('forbids this call')
  })
})

/** No 4 characters of the key in a row, as they stand or as JSON writes them, nor its encodings. */
function expectNothing(text: string): void {
  for (const form of [KEY, JSON.stringify(KEY).slice(1, -1)])
    expect(holdsRun(text, form)).toBe(false)
  for (const encode of Object.values(TEXT_FORMS)) {
    const encoded = encode(KEY)
    const middle = encoded.slice(encoded.length / 2 - 6, encoded.length / 2 + 6)
    expect(text).not.toContain(middle)
  }
}
