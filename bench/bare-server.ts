import { randomUUID } from 'node:crypto'
import { fdatasync, openSync, write } from 'node:fs'
import { promisify } from 'node:util'
import { Server } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

/**
 * The baseline: an SDK server with one tool that fetches, with the key in its environment and nothing in between.
 * With `BENCH_RECORDS=FILE` it also makes a record of 500 bytes durable before and after each fetch.
 */
const { BENCH_UPSTREAM = '', BENCH_KEY = '', BENCH_RECORDS } = process.env

const append = BENCH_RECORDS === undefined ? null : recorder(BENCH_RECORDS)

function recorder(file: string): () => Promise<void> {
  const fd = openSync(file, 'a', 0o600)
  const writeTo = promisify(write)
  const sync = promisify(fdatasync)
  return async () => {
    await writeTo(fd, `${JSON.stringify({ id: randomUUID() }).padEnd(499)}\n`)
    await sync(fd)
  }
}

async function fetchTool(path: string) {
  await append?.()
  const response = await fetch(`${BENCH_UPSTREAM}${path}`, {
    headers: { authorization: `Bearer ${BENCH_KEY}` },
  })
  const body: unknown = await response.json()
  await append?.()
  const structuredContent = { status: response.status, body }
  return {
    content: [{ type: 'text' as const, text: JSON.stringify(structuredContent) }],
    structuredContent,
  }
}

function createServer() {
  // oxlint-disable-next-line typescript/no-deprecated -- the one that keyhand uses
  const server = new Server({ name: 'bare', version: '0.0.0' }, { capabilities: { tools: {} } })
  server.setRequestHandler('tools/list', () => ({
    tools: [
      {
        name: 'fetch',
        description: 'Fetches a path',
        inputSchema: {
          type: 'object',
          properties: { method: { type: 'string' }, path: { type: 'string' } },
          required: ['method', 'path'],
        },
        outputSchema: { type: 'object', properties: { status: { type: 'integer' }, body: {} } },
      },
    ],
  }))
  server.setRequestHandler('tools/call', ({ params }) =>
    fetchTool(String(params.arguments?.['path'])),
  )
  return server
}

serveStdio(createServer)
