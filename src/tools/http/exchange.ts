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
  const chunks: Buffer[] = []
  let length = 0
  const source = response.body
  const decoder = decompressor(response.headers['content-encoding'], request)
  // INVARIANT: an error of either stream, also one after the last read, ends in this iteration or in the empty listeners.
  source.on('error', (error) => decoder?.destroy(error))
  decoder?.on('error', () => source.destroy())
  let received = 0
  if (decoder !== null) {
    source.on('data', (chunk: Buffer) => {
      received += chunk.length
      // Compressed data that goes on and on and comes to nothing.
      if (received > maxBytes + COMPRESSED_OVERHEAD) decoder.destroy(endless(request))
    })
  }
  const stop = () => decoder?.destroy(new Error('stopped'))
  signal.addEventListener('abort', stop, { once: true })
  try {
    const stream: Readable = decoder === null ? source : source.pipe(decoder)
    for await (const chunk of stream) {
      if (!Buffer.isBuffer(chunk)) continue
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes)
        return { body: Buffer.concat(chunks).subarray(0, maxBytes), complete: false }
    }
    return { body: Buffer.concat(chunks), complete: true }
  } finally {
    signal.removeEventListener('abort', stop)
    source.destroy()
    decoder?.destroy()
  }
}

function endless(request: OutgoingRequest): BrokerError {
  return new BrokerError(
    'upstream_invalid',
    `${request.origin} sent compressed data that does not come to an end`,
  )
}

/** One coding is undone, of those that were asked for: a stack of them is a way to spend somebody's processor. */
function decompressor(header: string | string[] | undefined, request: OutgoingRequest) {
  const coding = String(header ?? '')
    .trim()
    .toLowerCase()
  if (coding === '' || coding === 'identity' || request.method === 'HEAD') return null
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    case 'deflate':
      return createInflate()
    default:
      throw new BrokerError(
        'upstream_invalid',
        `${request.origin} sent a body in a compression that was not asked for`,
      )
  }
}
