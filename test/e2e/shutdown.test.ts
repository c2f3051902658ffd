import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { initialize, modernRequest, type RawMcp, startRaw } from '../support/raw-mcp.ts'

const server = fileURLToPath(new URL('../support/fake-agent-server.ts', import.meta.url))

describe('at the end of stdin', () => {
  it('answers what it was asked before, closes, and exits with 0', async () => {
    const raw = start()
    raw.send(initialize(1))
    raw.send({ id: 2, method: 'tools/list' })
    raw.send(call(3, { ms: 200, body: 'late' }))
    raw.end()
    expect(await raw.exit()).toEqual({ code: 0, signal: null })
    expect(raw.lines.map(idOf)).toEqual(['1', '2', '3'])
    expect(raw.lines[2]).toContain('late')
    expect(raw.stderr()).toContain('closed\nserved\n')
  })

  it('answers a modern client in the same way', async () => {
    const raw = start()
    raw.send(modernRequest(1, 'server/discover'))
    raw.send(modernRequest(2, 'tools/call', { name: 'act', arguments: { ms: 200 } }))
    raw.end()
    expect(await raw.exit()).toEqual({ code: 0, signal: null })
    expect(raw.lines.map(idOf)).toEqual(['1', '2'])
  })

  it('exits at once where nothing runs, and where nothing was ever asked', async () => {
    const raw = start()
    const started = Date.now()
    raw.end()
    expect(await raw.exit()).toEqual({ code: 0, signal: null })
    expect(Date.now() - started).toBeLessThan(1_900)
    expect(raw.stderr()).toBe('closed\nserved\n')
  })
})

describe.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
  'at %s',
  (signal) => {
    it('lets a call finish that needs less than the grace, and answers it', async () => {
      const raw = await running(300)
      raw.process.kill(signal)
      expect(await raw.response(2)).toMatchObject({
        result: { structuredContent: { status: 200 } },
      })
      expect(await raw.exit()).toEqual({ code: 0, signal: null })
    })

    it('aborts a call that needs more, says so, closes, and exits with 0', async () => {
      const raw = await running(60_000)
      const started = Date.now()
      raw.process.kill(signal)
      expect(await raw.response(2)).toMatchObject({ result: { isError: true } })
      expect(raw.lines.at(-1)).toContain('failed (cancelled): keyhand is stopping')
      expect(await raw.exit()).toEqual({ code: 0, signal: null })
      expect(Date.now() - started).toBeGreaterThan(1_900)
      expect(raw.stderr()).toContain('closed\nserved\n')
    })

    it('aborts at once at the second one', async () => {
      const raw = await running(60_000)
      const started = Date.now()
      raw.process.kill(signal)
      setTimeout(() => raw.process.kill(signal), 200)
      expect(await raw.exit()).toEqual({ code: 0, signal: null })
      expect(Date.now() - started).toBeLessThan(1_900)
    })
  },
)

it('ends and closes when the client is gone, without a crash', async () => {
  const raw = await running(200)
  raw.process.stdout?.destroy()
  raw.process.stdin?.destroy()
  expect(await raw.exit()).toEqual({ code: 0, signal: null })
  expect(raw.stderr()).toContain('closed\nserved\n')
})

it('says that a message was too large, and ends', async () => {
  const raw = start()
  raw.write(
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${'x'.repeat(11 * 1_048_576)}`,
  )
  expect(await raw.exit()).toEqual({ code: 0, signal: null })
  expect(raw.lines).toEqual([
    '{"jsonrpc":"2.0","error":{"code":-32600,"message":"a message may have 10485760 bytes at most"}}',
  ])
  expect(raw.stderr()).toContain(
    'a message larger than 10485760 bytes came in; the connection ends',
  )
})

it('survives what is no message', async () => {
  const raw = start()
  raw.write('not json\n{"jsonrpc":"1.0"}\n[]\n\n')
  raw.send(initialize(1))
  expect(await raw.response(1)).toMatchObject({ result: { protocolVersion: '2025-11-25' } })
  raw.end()
  expect(await raw.exit()).toEqual({ code: 0, signal: null })
})

it('answers a known method with wrong parameters, and an unknown method, by error', async () => {
  const raw = start()
  raw.send(initialize(1))
  raw.send({ id: 2, method: 'tools/call', params: { name: 5 } })
  raw.send({ id: 3, method: 'resources/list' })
  expect(await raw.response(2)).toMatchObject({ error: { code: -32602 } })
  expect(await raw.response(3)).toMatchObject({ error: { code: -32601 } })
  raw.end()
  await raw.exit()
})

it('tells a modern client that a list is private and may not be kept', async () => {
  const raw = start()
  raw.send(modernRequest(1, 'tools/list'))
  expect(await raw.response(1)).toMatchObject({
    result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private' },
  })
  raw.end()
  await raw.exit()
})

function start(): RawMcp {
  return startRaw(process.execPath, [server])
}

/** A server with one call that runs. */
async function running(ms: number): Promise<RawMcp> {
  const raw = start()
  raw.send(initialize(1))
  raw.send({
    ...call(2, { ms }),
    params: { name: 'act', arguments: { ms }, _meta: { progressToken: 9 } },
  })
  await raw.next(({ method }) => method === 'notifications/progress')
  return raw
}

function call(id: number, input: object) {
  return { id, method: 'tools/call', params: { name: 'act', arguments: input } }
}

function idOf(line: string): string | undefined {
  return /"id":(\d+)/.exec(line)?.[1]
}
