import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'

export interface FakeRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface JsonFake {
  readonly url: string
  readonly requests: FakeRequest[]
  stop(): Promise<void>
}

export type JsonAnswer = (request: FakeRequest, response: ServerResponse) => void

/** A fake of some service on loopback, for the answers that the real one cannot be made to give. */
export async function startJsonFake(
  answer: JsonAnswer,
  tls?: { readonly key: string; readonly cert: string },
): Promise<JsonFake> {
  const requests: FakeRequest[] = []
  const listener = (
    request: Parameters<Parameters<typeof createHttpServer>[1] & object>[0],
    response: ServerResponse,
  ) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const seen = { method, url, headers, body }
      requests.push(seen)
      answer(seen, response)
    })
  }
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    requests,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An answer of JSON. */
export function json(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): JsonAnswer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}
