import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { BrokerError } from '../../core/errors.ts'
import { connectionFailure, cutAnswer } from './connection-failure.ts'
import { parseAnswer } from './parse-answer.ts'
import { retryAfterMs } from './retry-after.ts'

export interface HttpsJsonOptions {
  /** Scheme, host and port, with or without a path that goes before that of every request. */
  readonly address: string
  /** What people call the place, for errors: `Vault`. */
  readonly service: string
  /** PEM of the authorities that are trusted; Node's own where it is left out. */
  readonly ca?: string
  /** PEM of a client certificate and its key. */
  readonly client?: { readonly cert: string; readonly key: string }
  /** How long one request may take from its start to the end of its answer; 10 s where it is left out. */
  readonly timeoutMs?: number
}

export interface HttpsJsonRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'LIST'
  /** Begins with `/`; escaped by the caller, with its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
  /** A body of an OAuth token endpoint, which takes no JSON. */
  readonly form?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export interface HttpsJsonAnswer {
  readonly status: number
  /** What the body was; undefined where it was empty or no JSON. Numbers that a double cannot hold are text. */
  readonly json: unknown
  /** What `Retry-After` said, in ms; null where it said nothing. */
  readonly retryAfterMs: number | null
}

/** One place that speaks JSON over HTTPS, for providers that need no vendor's library. */
export interface HttpsJson {
  /**
   * Asks once, and gives whatever was answered: what a status means is the caller's to say. Redirects are not followed,
   * proxies of the environment not used, certificates always verified, and no answer is read beyond 1 MiB.
   *
   * @throws BrokerError `secret_unreachable`, `secret_timeout`, `secret_invalid` (an answer too long) or `cancelled`; nothing
   * of request or answer is in it.
   */
  request(request: HttpsJsonRequest): Promise<HttpsJsonAnswer>
  /** Lets go of idle connections. */
  close(): void
}

const LONGEST_ANSWER = 1_048_576

export function createHttpsJson(options: HttpsJsonOptions): HttpsJson {
  const { service, ca, client, timeoutMs = 10_000 } = options
  const { protocol, hostname, port, pathname } = new URL(options.address)
  const prefix = pathname.replace(/\/$/, '')
  const pool = { keepAlive: true, maxSockets: 16, maxFreeSockets: 2, timeout: 30_000 }
  // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED has no say. An agent of its own takes no proxy from the environment.
  const tls = {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    ...(ca === undefined ? {} : { ca }),
    ...client,
  }
  const secure = protocol === 'https:'
  const agent = secure ? new HttpsAgent({ ...pool, ...tls }) : new HttpAgent(pool)

  async function once(request: HttpsJsonRequest, signal: AbortSignal): Promise<Sent> {
    const { body, type } = bodyOf(request)
    const message = (secure ? httpsRequest : httpRequest)({
      agent,
      protocol,
      // `new URL` leaves the brackets of an IPv6 address.
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port === '' ? {} : { port }),
      method: request.method,
      path: `${prefix}${request.path}`,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...(body === null ? {} : { 'content-type': type, 'content-length': String(body.length) }),
        ...request.headers,
      },
      signal,
    })
    const answer = answerOf(message, service)
    message.end(body ?? undefined)
    return { message, answer: await settled(answer) }
  }

  return {
    async request(request) {
      if (request.signal.aborted) throw cancelled()
      const bound = AbortSignal.timeout(timeoutMs)
      const signal = AbortSignal.any([request.signal, bound])
      let { message, answer } = await once(request, signal)
      // The other side may have closed an idle connection in the moment in which it was used again.
      const again = 'thrown' in answer && message.reusedSocket && request.method === 'GET'
      if (again && !signal.aborted) answer = (await once(request, signal)).answer
      if (!('thrown' in answer)) return answer
      if (signal.aborted && !bound.aborted) throw cancelled()
      if (bound.aborted) throw tooSlow(service, timeoutMs)
      throw connectionFailure(answer.thrown, service)
    },
    close: () => agent.destroy(),
  }
}

function bodyOf({ body, form }: HttpsJsonRequest): { body: Buffer | null; type: string } {
  if (form !== undefined) {
    const text = new URLSearchParams(form).toString()
    return { body: Buffer.from(text), type: 'application/x-www-form-urlencoded' }
  }
  const json = body === undefined ? null : Buffer.from(JSON.stringify(body))
  return { body: json, type: 'application/json' }
}

interface Sent {
  readonly message: ClientRequest
  readonly answer: HttpsJsonAnswer | { readonly thrown: unknown }
}

async function settled<T extends object>(work: Promise<T>): Promise<T | { thrown: unknown }> {
  try {
    return await work
  } catch (thrown) {
    return { thrown }
  }
}

function answerOf(message: ClientRequest, service: string): Promise<HttpsJsonAnswer> {
  return new Promise((resolve, reject) => {
    message.on('error', reject)
    message.once('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('error', reject)
      response.once('close', () => reject(cutAnswer(service)))
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > LONGEST_ANSWER) message.destroy(tooLong(service))
        else chunks.push(chunk)
      })
      response.once('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          json: parseAnswer(Buffer.concat(chunks)),
          retryAfterMs: retryAfterMs(response.headers['retry-after'], response.headers.date),
        })
      })
    })
  })
}

function cancelled(): BrokerError {
  return new BrokerError('cancelled', 'the fetch was cancelled')
}

function tooSlow(service: string, ms: number): BrokerError {
  return new BrokerError('secret_timeout', `${service} did not answer within ${ms / 1000} s`, {
    fix: `Check the network and the address of ${service}, and whether it is overloaded.`,
  })
}

function tooLong(service: string): BrokerError {
  return new BrokerError('secret_invalid', `${service} answered more than 1 MiB`, {
    fix: 'Check what the reference in keyhand.yaml names: it is no secret of a usual size.',
  })
}
