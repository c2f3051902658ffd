import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'

export interface AwsFake {
  readonly url: string
  /** The bodies of the requests so far. */
  readonly requests: string[]
  /** What each of them asked for: `GetSecretValue`; empty where the protocol says it elsewhere (STS). */
  readonly actions: string[]
  stop(): Promise<void>
}

export type AwsAnswer = (response: ServerResponse, body: string, action: string) => void

/** An error as AWS JSON 1.1 has it. The message holds what a real one may: it must never be passed on. */
export function awsError(status: number, type: string, message = ''): AwsAnswer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify({ __type: type, message, Message: message }))
  }
}

/** A value as AWS JSON 1.1 has it. */
export function awsValue(value: object): AwsAnswer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(value))
  }
}

/** A fake of AWS (Secrets Manager, Parameter Store, STS), for the errors that moto does not have. */
export async function startAwsFake(
  answer: AwsAnswer,
  tls?: { readonly key: string; readonly cert: string },
): Promise<AwsFake> {
  const requests: string[] = []
  const actions: string[] = []
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      const action = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '')
      requests.push(body)
      actions.push(action)
      answer(response, body, action)
    })
  }
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    requests,
    actions,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
