import { createServer } from 'node:http'

/** A local HTTP API as others run them: it wants the key, and one of its paths says back what it was sent. */
export interface DemoApi {
  readonly origin: string
  /** Requests that came with the right key, and without. */
  readonly seen: { withKey: number; without: number }
  close(): Promise<void>
}

/** Starts it on a free port of the loopback interface. */
export async function startDemoApi(key: string): Promise<DemoApi> {
  const seen = { withKey: 0, without: 0 }
  const server = createServer((request, response) => {
    const authorization = request.headers.authorization ?? ''
    const right = authorization === `Bearer ${key}`
    seen[right ? 'withKey' : 'without'] += 1
    response.setHeader('content-type', 'application/json')
    if (!right) response.writeHead(401).end('{"error":"a key is needed"}')
    else if (request.url === '/orders') response.end('{"orders":[{"id":7,"item":"lamp"}]}')
    else if (request.url === '/debug') response.end(JSON.stringify(echo(authorization, key)))
    else response.writeHead(404).end('{"error":"no such path"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function echo(authorization: string, key: string) {
  return {
    you_sent: authorization,
    in_base64: Buffer.from(`user:${key}`).toString('base64'),
    in_hex: Buffer.from(key).toString('hex'),
  }
}
