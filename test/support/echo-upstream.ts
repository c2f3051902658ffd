import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { type Upstream, upstream } from '../tools/http/upstream.ts'

/** How an upstream may say a credential back, in text. */
export const TEXT_FORMS: Readonly<Record<string, (key: string) => string>> = {
  raw: (key) => key,
  'json-escaped': (key) => JSON.stringify(key).slice(1, -1),
  'percent-encoded': (key) => encodeURIComponent(key),
  'form-encoded': (key) => new URLSearchParams({ key }).toString().slice(4),
  'html-escaped': (key) =>
    key.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  hex: (key) => Buffer.from(key).toString('hex'),
  'hex-upper': (key) => Buffer.from(key).toString('hex').toUpperCase(),
  'basic-pair': (key) => Buffer.from(`ann:${key}`).toString('base64'),
  ...Object.fromEntries(
    [0, 1, 2].flatMap((offset) => [
      [`base64-at-${offset}`, (key: string) => shifted(key, offset).toString('base64')],
      [`base64url-at-${offset}`, (key: string) => shifted(key, offset).toString('base64url')],
    ]),
  ),
}

type Answer = (key: string, response: ServerResponse, request: IncomingMessage) => unknown

const json = { 'content-type': 'application/json' }

/** Other ways, by path. */
export const OTHER_ECHOES: Readonly<Record<string, Answer>> = {
  '/gzip': (key, response) =>
    response
      .writeHead(200, { ...json, 'content-encoding': 'gzip' })
      .end(gzipSync(JSON.stringify({ key }))),
  '/byte-by-byte': async (key, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    for (const byte of Buffer.from(`before ${key} after`)) {
      response.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  },
  '/header': (key, response) =>
    response.writeHead(200, { etag: `"${key}"`, link: `</next?k=${key}>; rel="next"` }).end('{}'),
  '/status-text': (key, response) => response.writeHead(418, `no ${key}`, json).end('{}'),
  '/error-400': (key, response) =>
    response.writeHead(400, json).end(JSON.stringify({ error: `invalid token ${key}` })),
  '/error-401': (key, response) =>
    response
      .writeHead(401, { ...json, 'www-authenticate': `Bearer error="${key}"` })
      .end(JSON.stringify({ error: key })),
  '/error-500': (key, response) =>
    response.writeHead(500, { 'content-type': 'text/html' }).end(`<p>at auth(${key})</p>`),
  '/broken': (key, response) => {
    response.writeHead(200, { ...json, 'content-length': 1_000 }).write(`{"key":"${key}`)
    setTimeout(() => response.destroy(), 20)
  },
  '/redirect': (key, response) =>
    response.writeHead(302, { location: `/after?token=${encodeURIComponent(key)}` }).end(),
  '/json-name': (key, response) =>
    response.writeHead(200, json).end(JSON.stringify({ [key]: { [`x-${key}`]: [1] } })),
  '/nested': (key, response) =>
    response.writeHead(200, json).end(JSON.stringify({ a: [{ b: [[`<${key}>`]] }] })),
  '/binary': (key, response) =>
    response
      .writeHead(200, { 'content-type': 'application/octet-stream' })
      .end(Buffer.concat([Buffer.of(0, 255, 1), Buffer.from(key), Buffer.of(2, 0)])),
}

/** A local API that knows nothing but what it is sent, and says its credential back on some paths. */
export function echoUpstream(answers: Readonly<Record<string, Answer>> = {}): Promise<Upstream> {
  return upstream((request, response) => {
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const other = answers[path] ?? OTHER_ECHOES[path]
    const form = TEXT_FORMS[path.replace('/form/', '')]
    const slow = /^\/slow\/(\d+)/.exec(path)?.[1]
    if (other !== undefined) void other(key, response, request)
    else if (form !== undefined)
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`<<${form(key)}>>`)
    else if (slow !== undefined)
      setTimeout(() => response.writeHead(200, json).end(JSON.stringify({ path })), Number(slow))
    else response.writeHead(200, json).end(JSON.stringify({ path }))
  })
}

function shifted(key: string, offset: number): Buffer {
  return Buffer.concat([Buffer.alloc(offset, 'x'), Buffer.from(key), Buffer.from('tail')])
}
