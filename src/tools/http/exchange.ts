import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Dispatcher } from 'undici'
import type { OutgoingRequest } from '../../auth/auth-scheme.ts'
import { BrokerError } from '../../core/errors.ts'
import { encodedPair } from './facts.ts'
import { timedOut, upstreamError } from './upstream-error.ts'

/** An upstream's answer: decompressed, and read no further than was asked. */
export interface Exchange {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** False where there is more than was read. */
  readonly complete: boolean
}

export interface ExchangeLimits {
  /** How many decompressed bytes are read. */
  readonly maxBytes: number
  /** How long it may take, all in all, in ms. */
  readonly timeoutMs: number
  /** The caller's own signal. */
  readonly signal: AbortSignal
}

const COMPRESSED_OVERHEAD = 1_048_576

/**
 * Sends a request and reads its answer. Nothing is followed and nothing is sent twice.
 *
 * @throws BrokerError `cancelled` or `upstream_…`.
 */
export async function exchange(
  dispatcher: Dispatcher,
  request: OutgoingRequest,
  limits: ExchangeLimits,
): Promise<Exchange> {
  const timer = AbortSignal.timeout(limits.timeoutMs)
  const signal = AbortSignal.any([limits.signal, timer])
  try {
    signal.throwIfAborted()
    const query = request.query.map(([key, value]) => encodedPair(key, value)).join('&')
    const response = await dispatcher.request({
      origin: request.origin,
      path: query === '' ? request.path : `${request.path}?${query}`,
      method: request.method,
      headers: request.headers.flat(),
      body: request.body,
      signal,
    })
    const read = await readBody(response, request, limits.maxBytes, signal)
    return { status: response.statusCode, headers: response.headers, ...read }
  } catch (thrown) {
    if (limits.signal.aborted) throw new BrokerError('cancelled', 'the call was cancelled')
    if (timer.aborted) throw timedOut(request.origin)
    throw upstreamError(thrown, request.origin)
  }
}

async function readBody(
  response: Dispatcher.ResponseData,
  request: OutgoingRequest,
  maxBytes: number,
  signal: AbortSignal,
) {
  const source = response.body
  // INVARIANT: an error after the last read has a listener too, or it would end the process.
  source.on('error', () => {})
  const decoder = decompressor(response, request)
  if (decoder === null) return readSome(source, maxBytes)
  if (typeof decoder === 'string') {
    source.destroy()
    throw new BrokerError('upstream_invalid', `${request.origin} ${decoder}`)
  }
  let received = 0
  const fail = (error: Error) => decoder.destroy(error)
  const stop = () => fail(new Error('stopped'))
  source.on('error', fail)
  source.on('data', (chunk: Buffer) => {
    received += chunk.length
    // Compressed data that goes on and on and comes to nothing.
    if (received > maxBytes + COMPRESSED_OVERHEAD) fail(endless(request))
  })
  decoder.on('error', () => source.destroy())
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await readSome(source.pipe(decoder), maxBytes)
  } catch (thrown) {
    // Nothing at all is no valid compressed text, and many servers send it.
    if (received === 0 && source.readableEnded) return { body: Buffer.alloc(0), complete: true }
    throw thrown
  } finally {
    signal.removeEventListener('abort', stop)
    source.destroy()
  }
}

async function readSome(stream: Readable, maxBytes: number) {
  const chunks: Buffer[] = []
  let length = 0
  // Leaving the loop destroys the stream.
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBytes) {
      return { body: Buffer.concat(chunks).subarray(0, maxBytes), complete: false }
    }
  }
  return { body: Buffer.concat(chunks), complete: true }
}

function endless(request: OutgoingRequest): BrokerError {
  return new BrokerError(
    'upstream_invalid',
    `${request.origin} sent compressed data that does not come to an end`,
  )
}

/** One coding is undone, of those that were asked for: a stack of them is a way to spend somebody's processor. */
function decompressor({ headers }: Dispatcher.ResponseData, { method }: OutgoingRequest) {
  const coding = String(headers['content-encoding'] ?? '')
    .trim()
    .toLowerCase()
  if (coding === '' || coding === 'identity' || method === 'HEAD') return null
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    case 'deflate':
      return createInflate()
    default:
      return 'sent a body in a compression that was not asked for'
  }
}
