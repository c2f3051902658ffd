import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { LeakCase } from './cases.ts'

/** What an upstream answers to one request. */
export interface UpstreamAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A part of an answer in which a text reaches the agent. */
export interface Channel {
  readonly name: string
  /** False where the channel cannot carry a text: a header has no line ends. */
  carries(one: LeakCase): boolean
  answer(one: LeakCase): UpstreamAnswer
  /** What the call needs besides method and path. */
  readonly input: Readonly<Record<string, unknown>>
}

export const CHANNELS: readonly Channel[] = [
  channel('body', (one) => answer(one)),
  channel('client error', (one) => answer(one, { status: 422, statusText: 'Unprocessable Entity' })),
  channel('server error', (one) => answer(one, { status: 503, statusText: 'Service Unavailable' })),
  {
    ...channel('binary body', (one) =>
      answer(one, { headers: { 'content-type': 'application/octet-stream' } }),
    ),
    input: { binary: true },
  },
  channel('gzip', (one) => encoded(one, 'gzip', gzipSync(one.text))),
  channel('br', (one) => encoded(one, 'br', brotliCompressSync(one.text))),
  channel('deflate', (one) => encoded(one, 'deflate', deflateSync(one.text))),
  channel('event stream', (one) =>
    answer(one, {
      headers: { 'content-type': 'text/event-stream' },
      body: `event: ping\ndata: {}\n\n${lines(one.text).map((line) => `data: ${line}`).join('\n')}\n\nevent: done\ndata: 1\n\n`,
    }),
  ),
  channel('NDJSON', (one) =>
    answer(one, {
      headers: { 'content-type': 'application/x-ndjson' },
      body: `{"level":"info","seq":1}\n${JSON.stringify({ seq: 2, message: one.text })}\n{"seq":3}\n`,
    }),
  ),
  headerChannel('header', (text) => ({ headers: { 'x-request-id': text, 'content-type': 'text/plain' } })),
  headerChannel('content type', (text) => ({ headers: { 'content-type': `application/x-odd; a="${text}"` } })),
  headerChannel('status text', (text) => ({ statusText: text })),
  headerChannel('redirect elsewhere', (text) => ({
    status: 302,
    headers: { location: `https://other.example/?t=${text}` },
  })),
  headerChannel('redirect', (text) => ({ status: 307, headers: { location: `/next/${text}` } })),
]

/** How a body is written to the connection. */
export const CHUNKINGS: Readonly<Record<string, readonly number[]>> = {
  whole: [],
  'byte by byte': [1],
  'odd sizes': [7, 1, 13, 3, 31, 2, 64],
}

function channel(name: string, make: Channel['answer']): Channel {
  return { name, carries: () => true, answer: make, input: {} }
}

function headerChannel(name: string, make: (text: string) => Partial<UpstreamAnswer>): Channel {
  return {
    name,
    carries: ({ text }) => /^[\x20-\x7e]{1,4000}$/.test(text),
    answer: (one) => ({ ...answer(one, { body: 'ok' }), ...make(one.text) }),
    input: {},
  }
}

function encoded(one: LeakCase, coding: string, body: Buffer): UpstreamAnswer {
  return answer(one, { headers: { 'content-encoding': coding, 'content-type': one.position.mediaType }, body })
}

function answer(
  one: LeakCase,
  more: Partial<Omit<UpstreamAnswer, 'body'>> & { body?: string | Buffer } = {},
): UpstreamAnswer {
  return {
    status: 200,
    statusText: 'OK',
    headers: { 'content-type': one.position.mediaType },
    ...more,
    body: Buffer.from(more.body ?? one.text),
  }
}

function lines(text: string): string[] {
  return text.split(/\r?\n/)
}
