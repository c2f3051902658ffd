import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { UpstreamAnswer } from '../corpus/redaction/channels.ts'

interface Planned {
  readonly answer: UpstreamAnswer
  /** Sizes of the pieces that the body is written in, over and over; empty: at once. */
  readonly sizes: readonly number[]
}

/** An upstream on loopback that answers what was planned for a path: so no request holds a value. */
export class EchoUpstream {
  readonly #planned = new Map<string, Planned>()
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      const id = request.url?.split('/').at(-1) ?? ''
      const planned = this.#planned.get(id)
      if (planned === undefined) response.writeHead(404).end()
      else send(response, planned).catch(() => response.destroy())
    })
    // Writing piece by piece must not wait for acknowledgements.
    this.#server.on('connection', (socket) => socket.setNoDelay(true))
  }

  /** Starts it; gives its origin. */
  async start(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.listen(0, '127.0.0.1', resolve)
    await promise
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  plan(id: string, planned: Planned): void {
    this.#planned.set(id, planned)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    await promise
  }
}

async function send(response: ServerResponse, { answer, sizes }: Planned): Promise<void> {
  response.writeHead(answer.status, answer.statusText, { ...answer.headers })
  if (sizes.length === 0) {
    response.end(answer.body)
    return
  }
  for (let at = 0, i = 0; at < answer.body.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    response.write(answer.body.subarray(at, at + size))
    at += size
    if (i % 16 === 0) await setImmediate()
  }
  response.end()
}
