import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { BrokerError } from '../../../core/errors.ts'
import { ENCODINGS } from './encodings.ts'

/** Where in an answer an upstream may say a value back. */
export const CHANNELS = [
  'body',
  'name',
  'header',
  'status text',
  'error',
  'chunks',
  'gzip',
] as const
export type Channel = (typeof CHANNELS)[number]

/** A local HTTP API that says back the key that it was sent: `/ENCODING/CHANNEL`, by their numbers. */
export interface EchoServer {
  readonly origin: string
  /** What it said back since this was called last; null where it was not asked. */
  takeSaid(): string | null
  close(): Promise<void>
}

export async function startEchoServer(): Promise<EchoServer> {
  const server = createServer((request, response) => {
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new BrokerError('internal', 'the echo server has no port')
  let last: string | null = null
  const echo: EchoServer = {
    origin: `http://127.0.0.1:${address.port}`,
    takeSaid() {
      const taken = last
      last = null
      return taken
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, encoding, channel] = (request.url ?? '').split('/')
    const key = (request.headers.authorization ?? '').replace('Bearer ', '')
    const said = ENCODINGS[Number(encoding)]?.encode(key) ?? ''
    last = said
    await say(said, CHANNELS[Number(channel)] ?? 'body', response)
  }
  return echo
}

async function say(said: string, channel: Channel, response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'application/json')
  const body = JSON.stringify({ before: 'a', said, after: 'b' })
  switch (channel) {
    case 'body':
      response.end(body)
      return
    case 'name':
      response.end(JSON.stringify({ [said]: 1 }))
      return
    case 'header':
      response.setHeader('x-request-id', said)
      response.end('{}')
      return
    case 'status text':
      response.writeHead(200, said).end('{}')
      return
    case 'error':
      response.writeHead(500).end(body)
      return
    case 'gzip':
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(body))
      return
    case 'chunks': {
      response.setHeader('content-type', 'text/plain')
      // A piece at a time: where one ends is up to the upstream.
      for (const piece of `said: ${said} .`.match(/.{1,3}/gs) ?? []) {
        response.write(piece)
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
      }
      response.end()
    }
  }
}
