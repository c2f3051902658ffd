import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server'
import { describe, expect, it } from 'vitest'
import { RedactingTransport } from '../../src/server/redacting-transport.ts'
import { fakeTool } from '../support/fake-broker.ts'
import { fakeRedactor } from '../support/fake-redactor.ts'

const KEY = 'ghp_CanaryCanaryCanaryCanary0123456789'
const CALL = '01930000-0000-7000-8000-000000000001'

describe('what the transport rewrites', () => {
  it('removes a value from the result of a call, in texts, names and numbers', async () => {
    const { sent, answer } = await net([KEY, '4242424242'])
    await answer('tools/call', callResult({ [KEY]: `x${KEY}y`, account: 4242424242 }))
    expect(structured(sent)).toEqual({
      ...fixed,
      body: { '[gone]': 'x[gone]y', account: '[gone]' },
    })
    expect(JSON.stringify(sent)).not.toContain(KEY)
  })

  it('keeps the text the same as the structured content', async () => {
    const { sent, answer } = await net(['4242424242'])
    await answer('tools/call', callResult({ account: 4242424242 }))
    const text = JSON.stringify(structured(sent))
    expect(result(sent)['content']).toEqual([{ type: 'text', text }])
  })

  it('removes a value from the message and the data of an error', async () => {
    const { sent, answer } = await net([KEY])
    await answer('tools/list', new AnError(-32602, `no ${KEY}`, { why: [KEY] }))
    expect(sent[0]).toEqual({
      jsonrpc: '2.0',
      id: 7,
      error: { code: -32602, message: 'no [gone]', data: { why: ['[gone]'] } },
    })
  })

  it('removes a value from a progress message', async () => {
    const { sent, transport } = await net([KEY])
    const params = { progressToken: KEY, progress: 1, message: `at ${KEY}` }
    await transport.send({ jsonrpc: '2.0', method: 'notifications/progress', params })
    expect(sent).toMatchObject([
      { params: { progressToken: KEY, progress: 1, message: 'at [gone]' } },
    ])
  })

  it('removes a value from titles, descriptions and the prose of schemas', async () => {
    const { sent, answer } = await net([KEY])
    const tool = {
      ...fakeTool('act'),
      title: KEY,
      description: KEY,
      inputSchema: { type: 'object', properties: { path: { type: 'string', description: KEY } } },
    }
    await answer('tools/list', { tools: [tool] })
    expect(result(sent)['tools']).toMatchObject([
      {
        title: '[gone]',
        description: '[gone]',
        inputSchema: { properties: { path: { type: 'string', description: '[gone]' } } },
      },
    ])
  })

  it('removes a value from instructions and from what a resource or a link says', async () => {
    const { sent, answer } = await net([KEY])
    await answer('initialize', { protocolVersion: '2025-11-25', instructions: KEY })
    const blocks = [
      { type: 'resource', resource: { uri: `file:///${KEY}`, text: KEY } },
      { type: 'resource_link', uri: KEY, name: KEY },
    ]
    await answer('tools/call', { content: blocks })
    expect(JSON.stringify(sent)).not.toContain(KEY)
  })

  it('counts and reports what a broker should have removed, without the value', async () => {
    const { reports, answer } = await net([KEY])
    await answer('tools/call', callResult(KEY))
    expect(reports).toEqual([
      `removed traces of a secret (1) from an answer to tools/call (call ${CALL}), which the broker should have removed: a bug in keyhand`,
    ])
  })

  it('leaves a message as it is while no value is registered', async () => {
    const { sent, answer } = await net(null)
    const given = callResult({ a: 1 })
    await answer('tools/call', given)
    expect(result(sent)).toBe(given)
  })
})

describe('what the transport never rewrites', () => {
  const words = [
    ...[
      '2.0',
      '7',
      '-32602',
      'complete',
      'content',
      'text',
      'type',
      'object',
      'string',
      'result',
      'structuredContent',
    ],
    ...[
      'isError',
      'tools',
      'tools/list',
      'tools/call',
      'id',
      'error',
      'private',
      'name',
      'inputSchema',
      'enum',
    ],
    ...[
      'properties',
      'path',
      'act',
      'progressToken',
      'notifications/progress',
      '2025-11-25',
      'keyhand/call',
      '019',
    ],
  ]

  it.each(words)('breaks no message where a value is `%s`', async (word) => {
    const { sent, answer, transport } = await net([word])
    const list = {
      tools: [fakeTool('act')],
      resultType: 'complete',
      ttlMs: 0,
      cacheScope: 'private',
    }
    await answer('tools/list', list)
    await answer('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: 'keyhand', version: '1.0.0' },
    })
    await answer('tools/call', { ...callResult({ a: 'b' }), resultType: 'complete' })
    await answer('tools/call', new AnError(-32602, 'm'))
    const progress = { progressToken: 7, progress: 7 }
    await transport.send({ jsonrpc: '2.0', method: 'notifications/progress', params: progress })

    const [listed, initialized, called, failed, notified] = sent
    expect(listed).toMatchObject({
      jsonrpc: '2.0',
      id: 7,
      result: {
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
        tools: [
          {
            name: 'act',
            inputSchema: {
              type: 'object',
              properties: { path: { type: 'string' }, text: { enum: ['content', 'complete'] } },
            },
            outputSchema: { type: 'object', properties: { status: { type: 'integer' } } },
          },
        ],
      },
    })
    expect(initialized).toMatchObject({
      result: { protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } } },
    })
    expect(called).toMatchObject({
      jsonrpc: '2.0',
      id: 7,
      result: {
        content: [{ type: 'text' }],
        structuredContent: { call: CALL, status: 200, truncated: false },
        resultType: 'complete',
        _meta: { 'keyhand/call': CALL },
      },
    })
    expect(failed).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code: -32602 } })
    expect(notified).toMatchObject({ method: 'notifications/progress', params: progress })
  })
})

describe('what the transport withholds', () => {
  it('answers in place of a result whose fixed field holds a match, with the id of the call', async () => {
    const { sent, reports, answer } = await net(['200'])
    await answer('tools/list', { tools: [fakeTool('act')] })
    await answer('tools/call', { ...callResult('x'), resultType: 'complete' })
    expect(sent[1]).toMatchObject({
      id: 7,
      result: { isError: true, resultType: 'complete', _meta: { 'keyhand/call': CALL } },
    })
    expect(JSON.stringify(sent[1])).toContain(`keyhand audit show ${CALL}`)
    expect(JSON.stringify(sent[1])).not.toContain('structuredContent')
    expect(reports.at(-1)).toBe(
      `withheld an answer to tools/call (call ${CALL}): a match in a fixed field`,
    )
  })

  it('answers in place of a result when redaction throws', async () => {
    const { sent, reports, answer } = await net([], 'broken')
    await answer('tools/call', callResult(KEY))
    expect(sent).toMatchObject([
      { id: 7, result: { isError: true, _meta: { 'keyhand/call': CALL } } },
    ])
    expect(JSON.stringify(sent)).not.toContain(KEY)
    expect(reports).toEqual([
      `withheld an answer to tools/call (call ${CALL}): a fault in redaction (redaction_failed)`,
    ])
  })

  it('answers -32603 in place of any other response when redaction throws', async () => {
    const { sent, answer } = await net([], 'broken')
    await answer('tools/list', { tools: [fakeTool('act')] })
    await answer('tools/call', new AnError(-32602, KEY))
    expect(sent).toMatchObject([{ error: { code: -32603 } }, { error: { code: -32603 } }])
    expect(JSON.stringify(sent)).not.toContain(KEY)
  })

  it('drops a notification when redaction throws', async () => {
    const { sent, transport } = await net([], 'broken')
    await transport.send({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { message: KEY },
    })
    expect(sent).toEqual([])
  })

  it('withholds when the registry itself cannot be had', async () => {
    const { sent, answer } = await net(() => {
      throw new Error(KEY)
    })
    await answer('tools/call', callResult(KEY))
    expect(JSON.stringify(sent)).toContain('the answer was withheld')
    expect(JSON.stringify(sent)).not.toContain(KEY)
  })

  it('leaves out a tool whose schema holds a key, and shows the others', async () => {
    const { sent, answer } = await net([KEY])
    const holds = {
      ...fakeTool('holds'),
      inputSchema: { type: 'object', properties: { p: { enum: [KEY] } } },
    }
    const named = {
      ...fakeTool('named'),
      inputSchema: { type: 'object', properties: { [KEY]: {} } },
    }
    await answer('tools/list', { tools: [holds, named, fakeTool('act')] })
    expect(result(sent)['tools']).toMatchObject([{ name: 'act' }])
    expect(JSON.stringify(sent)).not.toContain(KEY)
  })
})

it('sends in the order of the calls, large and small', async () => {
  const { sent, transport } = await net([KEY])
  const sizes = [1_000_000, 1, 100_000, 2]
  await Promise.all(
    sizes.map((size, id) =>
      transport.send({
        jsonrpc: '2.0',
        id,
        result: { content: [{ type: 'text', text: 'x'.repeat(size) }] },
      }),
    ),
  )
  expect(sent.map((message) => 'id' in message && message.id)).toEqual([0, 1, 2, 3])
})

const fixed = { status: 200, truncated: false, note: 'n', call: CALL }

function callResult(body: unknown) {
  const structuredContent = { status: 200, truncated: false, note: 'n', body, call: CALL }
  return {
    content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
    structuredContent,
    _meta: { 'keyhand/call': CALL },
  }
}

function result([message]: readonly JSONRPCMessage[]): { readonly [name: string]: unknown } {
  if (message === undefined || !('result' in message)) throw new Error('no result was sent')
  return message.result
}

function structured(sent: readonly JSONRPCMessage[]): unknown {
  return result(sent)['structuredContent']
}

class AnError {
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown }

  constructor(code: number, message: string, data?: unknown) {
    this.error = data === undefined ? { code, message } : { code, message, data }
  }
}

/** A transport over an inner one that keeps what is sent. */
async function net(values: readonly string[] | null | (() => never), fault: string | null = null) {
  const sent: JSONRPCMessage[] = []
  const reports: string[] = []
  const inner: Transport = {
    async start() {},
    async close() {},
    async send(message) {
      sent.push(message)
    },
  }
  const redactor = Array.isArray(values) ? fakeRedactor(values, fault) : null
  const transport = new RedactingTransport(inner, {
    redactor: () => (typeof values === 'function' ? values() : redactor),
    report: (line) => reports.push(line),
  })
  await transport.start()
  const answer = async (method: string, given: { [name: string]: unknown } | AnError) => {
    const params = method === 'tools/call' ? { name: 'act' } : {}
    inner.onmessage?.({ jsonrpc: '2.0', id: 7, method, params })
    const answered = given instanceof AnError ? { error: given.error } : { result: given }
    await transport.send({ jsonrpc: '2.0', id: 7, ...answered })
  }
  return { sent, reports, transport, answer }
}
