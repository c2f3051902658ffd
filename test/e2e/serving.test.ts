import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FakeAct } from '../support/fake-broker.ts'
import { type ClientEra, connect, type McpClient } from '../support/mcp-clients.ts'

// Real clients, a real process and real pipes; the broker behind the server is a fake.
const server = fileURLToPath(new URL('../support/fake-agent-server.ts', import.meta.url))
const CALL = /^01930000-0000-7000-8000-\d{12}$/

describe.each<ClientEra>(['legacy', 'modern'])('with a %s client', (era) => {
  const open: McpClient[] = []
  let shared: McpClient
  beforeAll(async () => {
    shared = await connectEra({})
    await shared.listTools()
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()))
  })
  afterAll(() => shared.close())

  const revision = era === 'legacy' ? '2025-11-25' : '2026-07-28'

  it('tells who it is and what a model should know', async () => {
    const client = shared
    expect(client.protocolVersion).toBe(revision)
    expect(client.serverInfo).toMatchObject({ name: 'keyhand', version: '1.0.0' })
    expect(client.instructions).toContain('It never gives out a value')
  })

  it('makes no broker before the first request for tools', async () => {
    const client = await start()
    await client.close()
    expect(client.stderr()).not.toContain('broker made')
  })

  it('lists the tools of the scope in order, and keyhand_scope last', async () => {
    const client = await start({ tools: ['b', 'a'] })
    const tools = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['b', 'a', 'keyhand_scope'])
    for (const { annotations } of tools) {
      const hint: unknown = expect.any(Boolean)
      expect(annotations).toEqual({
        readOnlyHint: hint,
        destructiveHint: hint,
        idempotentHint: hint,
        openWorldHint: hint,
      })
    }
  })

  it('performs a call, with what the client said of itself', async () => {
    const client = shared
    const answer = await act(client, { body: { a: [1, 'x'] } })
    const said = era === 'legacy' ? 'legacy-test-client' : 'modern-test-client'
    expect(answer).toMatchObject({
      isError: false,
      structured: { status: 200, body: { a: [1, 'x'] } },
    })
    expect(answer.structured?.['seen']).toEqual({ client: said, era: revision })
    expect(answer.structured?.['call']).toMatch(CALL)
    expect(JSON.parse(answer.text)).toEqual(answer.structured)
  })

  it('answers an upstream failure as an error that fits the schema', async () => {
    const client = shared
    const answer = await act(client, { status: 503, body: 'busy' })
    expect(answer).toMatchObject({ isError: true, structured: { status: 503, body: 'busy' } })
  })

  it('answers a refusal with the reason, the rule and the id', async () => {
    const client = shared
    const answer = await act(client, { refuse: 'no_rule', suggestion: 'tools: {}' })
    expect(answer).toMatchObject({ isError: true, structured: null })
    expect(answer.text).toContain('(no_rule): no rule allows it')
    expect(answer.text).toContain(
      'a human must add this to agents/fake.yaml; nothing applies it by itself',
    )
    expect(answer.meta['keyhand/call']).toMatch(CALL)
  })

  it('asks the broker even of a tool that is not listed, so that the trail has it', async () => {
    const client = shared
    const answer = await client.callTool('nothing_of_that_name')
    expect(answer.isError).toBe(true)
    expect(answer.text).toContain('(unknown_tool)')
    expect(answer.meta['keyhand/call']).toMatch(CALL)
  })

  it('answers a failure with code and fix', async () => {
    const client = shared
    const answer = await act(client, { fail: 'no answer in 30 s' })
    expect(answer.text).toContain(
      'failed (upstream_timeout): no answer in 30 s\nfix: try again later',
    )
  })

  it('shows nothing of an exception inside', async () => {
    const client = shared
    const answer = await act(client, { throw: 'token sk-CANARY-123' })
    expect(answer).toMatchObject({
      isError: true,
      text: 'failed (internal): an unexpected Error inside keyhand',
    })
    expect(client.stderr()).not.toContain('CANARY')
  })

  it('lists and explains only keyhand_scope where there is no broker', async () => {
    const client = await start({ broken: 'state.db cannot be opened' })
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['keyhand_scope'])
    const answer = await client.callTool('keyhand_scope')
    expect(answer).toMatchObject({
      isError: true,
      text: 'failed (state_unavailable): state.db cannot be opened',
    })
  })

  it('answers keyhand_scope with what the agent may do, and takes no arguments for it', async () => {
    const client = shared
    const scope = await client.callTool('keyhand_scope')
    expect(scope.structured).toMatchObject({
      agent: 'fake',
      tools: [{ name: 'act', limits: ['100/hour'] }],
    })
    const refused = await client.callTool('keyhand_scope', { agent: 'another' })
    expect(refused).toMatchObject({
      isError: true,
      text: 'refused (invalid_input): keyhand_scope takes no arguments',
    })
  })

  it('refuses an input beyond the bounds and goes on', async () => {
    const client = shared
    const answer = await client.callTool('act', { body: 'x'.repeat(2_000_000) })
    expect(answer.isError).toBe(true)
    expect(answer.text).toContain('(invalid_input): the input is larger than 1048576 bytes')
    expect(answer.meta['keyhand/call']).toMatch(CALL)
    expect((await act(client, {})).isError).toBe(false)
  })

  it('tells of a change of the list, and of none where the list is the same', async () => {
    const client = await start()
    const changes: string[] = []
    client.onToolsChanged(() => changes.push('changed'))
    await client.listTools()
    await act(client, { grow: '' })
    await act(client, { ms: 60 })
    expect(changes).toEqual([])
    await act(client, { grow: 'another' })
    await expect.poll(() => changes).toEqual(['changed'])
    expect((await client.listTools()).map(({ name }) => name)).toContain('another')
  })

  it('says how far a call is to a client that asked', async () => {
    const client = shared
    const heard: (string | undefined)[] = []
    await client.callTool('act', { ms: 80 }, { onprogress: (message) => heard.push(message) })
    expect(heard.slice(0, 2)).toEqual(['waited 0 ms', 'waited 20 ms'])
  })

  it('passes a cancellation on, and goes on', async () => {
    const client = await start()
    const controller = new AbortController()
    const cancelled = client.callTool('act', { ms: 60_000 }, { signal: controller.signal })
    setTimeout(() => controller.abort(), 100)
    await expect(cancelled).rejects.toThrow()
    const started = Date.now()
    await client.close()
    expect(Date.now() - started).toBeLessThan(1_500)
  })

  it('answers 200 calls at once, each with its own answer, while a slow one runs', async () => {
    const client = shared
    let slowDone = false
    const slow = act(client, { ms: 60_000 }).finally(() => {
      slowDone = true
    })
    slow.catch(() => {})
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        act(client, { body: `answer ${n}`, ms: n % 3 === 0 ? 20 : 0 }),
      ),
    )
    expect(answers.map(({ structured }) => structured?.['body'])).toEqual(
      Array.from({ length: 200 }, (_, n) => `answer ${n}`),
    )
    expect(new Set(answers.map(({ structured }) => structured?.['call'])).size).toBe(200)
    expect(slowDone).toBe(false)
  })

  it('keeps stdout for the protocol', async () => {
    const client = shared
    const answer = await act(client, { noise: 'a library says hello\n{"jsonrpc":' })
    expect(answer.isError).toBe(false)
    await expect
      .poll(() => client.stderr())
      .toContain('characters that were written to stdout, which belongs to the protocol')
    expect(client.stderr()).not.toContain('hello')
  })

  it('breaks no message where values are words of the protocol', async () => {
    const values = ['complete', 'content', 'text', 'object', 'tools/list', 'type', 'act', 'status']
    const client = await start({ values })
    for (const round of [1, 2]) {
      expect((await client.listTools()).map(({ name }) => name)).toEqual(['act', 'keyhand_scope'])
      const answer = await act(client, { body: { content: 'complete', n: round } })
      expect(answer).toMatchObject({
        isError: false,
        structured: { status: 200, body: { '[gone]': '[gone]', n: round } },
      })
    }
  })

  it('withholds an answer where a number that a client relies on is a value', async () => {
    const client = await start({ values: ['200'] })
    await client.listTools()
    const answer = await act(client, { body: 'x' })
    expect(answer).toMatchObject({ isError: true, structured: null })
    expect(answer.text).toContain('the answer was withheld')
    expect(answer.meta['keyhand/call']).toMatch(CALL)
  })

  it('withholds what redaction fails on, and answers all the same', async () => {
    const client = await start({ values: ['CANARY'], fault: 'out of budget' })
    const heard: (string | undefined)[] = []
    const onprogress = (message: string | undefined) => heard.push(message)
    const answer = await client.callTool('act', { body: 'CANARY', ms: 40 }, { onprogress })
    expect(answer).toMatchObject({ isError: true, structured: null })
    expect(answer.text).toContain('the answer was withheld')
    expect(answer.text).not.toContain('CANARY')
    expect(answer.meta['keyhand/call']).toMatch(CALL)
    expect(heard).toEqual([])
    await expect(client.listTools()).rejects.toThrow('the answer was withheld')
    await expect.poll(() => client.stderr()).toContain('a fault in redaction (redaction_failed)')
  })

  async function start(fake: object = {}): Promise<McpClient> {
    const client = await connectEra(fake)
    open.push(client)
    return client
  }

  function connectEra(fake: object): Promise<McpClient> {
    const env = { FAKE: JSON.stringify(fake) }
    return connect({ era, command: process.execPath, args: [server], env })
  }

  function act(client: McpClient, input: FakeAct) {
    return client.callTool('act', { ...input })
  }
})

it('is found by a client that probes for the revision with a process of its own', async () => {
  const client = await connect({ era: 'auto', command: process.execPath, args: [server] })
  expect(client.protocolVersion).toBe('2026-07-28')
  expect((await client.callTool('act')).isError).toBe(false)
  await client.close()
})
