import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textLike } from '../../support/text-like.ts'
import { call, holdsRun, KEY, shown, type Upstream, upstream } from './upstream.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

function json(text: string, more: Record<string, string> = {}): Answer {
  return (_, response) =>
    response.writeHead(200, { 'content-type': 'application/json', ...more }).end(text)
}

const ANSWERS: Record<string, Answer> = {
  '/user': json('{"login":"ann"}', {
    'x-secret-thing': '1',
    etag: '"7"',
    'x-ratelimit-remaining': '59',
    'set-cookie': 'sid=1',
  }),
  '/big-numbers': json(
    '{"id":1234567890123456789,"small":42,"exact":0.1,"long":0.12345678901234567890,"huge":1e400}',
  ),
  '/twice': json('{"a":1,"a":2}'),
  '/not-json': json('{oops'),
  '/proto': json('{"__proto__":{"a":1},"b":2}'),
  '/items': json(
    JSON.stringify({
      items: [
        { id: 1, name: 'one' },
        { id: 2, 'a/b': '~' },
      ],
      pad: 'x'.repeat(500),
    }),
  ),
  '/echo-json': (request, response) =>
    json(
      JSON.stringify({
        sent: request.headers.authorization,
        list: [request.headers.authorization],
      }),
    )(request, response),
  '/echo-text': (request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/plain' })
      .end(`you sent ${request.headers.authorization}, thanks`),
  '/echo-base64': (request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/plain' })
      .end(`x${Buffer.from(`ab${request.headers.authorization}`).toString('base64')}`),
  '/echo-gzip': (request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
      .end(gzipSync(`gz ${request.headers.authorization}`)),
  '/echo-br': (request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'br' })
      .end(brotliCompressSync(`br ${request.headers.authorization}`)),
  '/echo-header': (request, response) =>
    response
      .writeHead(200, {
        etag: `"${request.headers.authorization}"`,
        link: `<https://x/?k=${encodeURIComponent(KEY)}>; rel=next`,
      })
      .end('{}'),
  '/echo-headers': (_, response) =>
    response
      .writeHead(200, {
        'x-ratelimit-first': KEY.slice(0, 9),
        'x-ratelimit-next': KEY.slice(9, 16),
        'x-ratelimit-last': KEY.slice(16),
      })
      .end('{}'),
  '/echo-status': (request, response) =>
    response.writeHead(500, `bad ${request.headers.authorization}`).end(),
  '/echo-name': (request, response) =>
    json(JSON.stringify({ [String(request.headers.authorization)]: 1 }))(request, response),
  '/echo-type': (_, response) =>
    response.writeHead(200, { 'content-type': `application/${KEY}` }).end(Buffer.from([0, 1, 2])),
  '/echo-utf16': (request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/plain; charset=utf-16le' })
      .end(Buffer.from(`wide ${request.headers.authorization}`, 'utf16le')),
  '/echo-utf16-binary': (request, response) =>
    response
      .writeHead(200, { 'content-type': 'image/png' })
      .end(Buffer.from(`wide ${request.headers.authorization}`, 'utf16le')),
  '/echo-utf7': (_, response) =>
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-7' }).end(KEY),
  '/echo-binary': (request, response) =>
    response
      .writeHead(200, { 'content-type': 'image/png' })
      .end(
        Buffer.concat([
          Buffer.from([0, 255, 1]),
          Buffer.from(String(request.headers.authorization)),
        ]),
      ),
  '/latin1': (_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/plain; charset=iso-8859-1' })
      .end(Buffer.from([0x63, 0x61, 0x66, 0xe9])),
  '/split': (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const [head, tail] = [KEY.slice(0, 9), KEY.slice(9)]
    response.write(`split ${head}`, () =>
      setTimeout(() => response.end(`${tail} end ${request.url}`), 20),
    )
  },
  '/empty-gzip': (_, response) => response.writeHead(204, { 'content-encoding': 'gzip' }).end(),
  '/image': (_, response) =>
    response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([1, 2, 3, 250])),
  '/no-type': (_, response) => response.writeHead(200).end('plain words'),
  '/401': (_, response) =>
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"no"}'),
  '/404': (_, response) =>
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not Found"}'),
  '/zstd': (_, response) => response.writeHead(200, { 'content-encoding': 'zstd' }).end('x'),
  '/stacked': (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(gzipSync('x'))),
  '/broken-gzip': (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('this is no gzip'),
  '/bomb': (_, response) =>
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(BOMB),
  '/endless': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const more = () => {
      while (response.write('y'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  },
  '/slow': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const timer = setInterval(() => response.write('.'), 50)
    response.on('close', () => clearInterval(timer))
  },
  '/silent': () => {},
  '/hang-up': (request) => void request.socket.destroy(),
  '/many-headers': (_, response) => response.writeHead(200, { 'x-big': 'a'.repeat(100_000) }).end(),
  '/rubbish': (request) => void request.socket.end('SMTP ready\r\n\r\n'),
}
const BOMB = gzipSync(Buffer.alloc(200_000_000, 'z'))

let api: Upstream
let base: string
beforeAll(async () => {
  api = await upstream((request, response) => {
    const answer = ANSWERS[String(request.url).split('?')[0] ?? '']
    if (answer === undefined)
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(
          JSON.stringify({ url: request.url, headers: request.rawHeaders, method: request.method }),
        )
    else answer(request, response)
  })
  base = `http://127.0.0.1:${api.port}`
})
afterAll(() => api.close())

describe('a call', () => {
  it('sends the request with its credential, and gives status, selected headers and JSON', async () => {
    const performed = await call(base, { path: '/user', query: { a: 'x y' } })
    const request = api.seen.at(-1)
    expect(request?.headers.authorization).toBe(`Bearer ${KEY}`)
    expect(request?.url).toBe('/user?a=x%20y')
    expect(performed).toEqual({
      kind: 'done',
      result: {
        structured: {
          status: 200,
          headers: {
            'content-type': 'application/json',
            etag: '"7"',
            'x-ratelimit-remaining': '59',
          },
          body: { login: 'ann' },
        },
        failed: false,
        status: 200,
        bytes: 15,
      },
    })
  })
  it('sends exactly the headers that were decided, and those of the connection', async () => {
    await call(
      base,
      { method: 'POST', path: '/x', body: { b: 1 }, headers: { Accept: 'text/plain' } },
      { settings: { headers: { 'X-Version': '2' } } },
    )
    expect(
      api.seen
        .at(-1)
        ?.rawHeaders.filter((_, index) => index % 2 === 0)
        .map((name) => name.toLowerCase())
        .sort(),
    ).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
      'x-version',
    ])
  })
  it('keeps the base path, and what canonical made of the path', async () => {
    await call(`${base}/v1`, { path: "/a%2ab/%41!$&'()+,=:@" })
    expect(api.seen.at(-1)?.url).toBe("/v1/a%2Ab/A!$&'()+,=:@")
  })
  it('sends a text body byte for byte', async () => {
    const chunks: Buffer[] = []
    const echo = await upstream((request, response) => {
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => response.end())
    })
    await call(`http://127.0.0.1:${echo.port}`, {
      method: 'PUT',
      body_text: ' {"id":1234567890123456789}\n',
    })
    expect(Buffer.concat(chunks).toString()).toBe(' {"id":1234567890123456789}\n')
    await echo.close()
  })
  it('tells a refused credential apart, where the tool has one', async () => {
    expect(await call(base, { path: '/401' })).toMatchObject({
      kind: 'credential_rejected',
      result: { status: 401, failed: true },
    })
    expect(await call(base, { path: '/401' }, { settings: { auth: undefined } })).toMatchObject({
      kind: 'done',
      result: { status: 401 },
    })
  })
  it('says that the upstream failed, with its answer', async () => {
    expect(await call(base, { path: '/404' })).toMatchObject({
      kind: 'done',
      result: { failed: true, status: 404, structured: { body: { message: 'Not Found' } } },
    })
  })
  it('has no body for HEAD and for an empty answer', async () => {
    expect(await shown(base, { method: 'HEAD', path: '/user' })).not.toHaveProperty('body')
    expect(await shown(base, { path: '/empty-gzip' })).toEqual({ status: 204, headers: {} })
  })
})

describe('a body', () => {
  it('keeps digits that a double has no room for', async () => {
    expect(await shown(base, { path: '/big-numbers' })).toMatchObject({
      body: {
        id: '1234567890123456789',
        small: 42,
        exact: 0.1,
        long: '0.12345678901234567890',
        huge: '1e400',
      },
      notes: ['3 numbers with more digits than a double holds are given as strings'],
    })
  })
  it('that only calls itself JSON is text', async () => {
    expect(await shown(base, { path: '/twice' })).toMatchObject({
      body: '{"a":1,"a":2}',
      notes: [textLike('has a name twice')],
    })
    expect(await shown(base, { path: '/not-json' })).toMatchObject({ body: '{oops' })
  })
  it('with a name __proto__ is data', async () => {
    const { body } = await shown(base, { path: '/proto' })
    expect(JSON.stringify(body)).toBe('{"__proto__":{"a":1},"b":2}')
  })
  it('is decoded as its charset says, looked at where it says nothing, and left out where it is binary', async () => {
    expect(await shown(base, { path: '/latin1' })).toMatchObject({ body: 'café' })
    expect(await shown(base, { path: '/no-type' })).toMatchObject({ body: 'plain words' })
    const image = await shown(base, { path: '/image' })
    expect(image).not.toHaveProperty('body')
    expect(image).toMatchObject({
      notes: [
        'the body is binary (image/png, 4 bytes) and left out: `binary: true` asks for it in base64',
      ],
    })
    expect(await shown(base, { path: '/image', binary: true })).toMatchObject({
      body_base64: Buffer.from([1, 2, 3, 250]).toString('base64'),
    })
  })
  it('can be asked for in parts', async () => {
    expect(
      await shown(base, {
        path: '/items',
        select: ['/items/0/name', '/items/1/a~1b', '/nope', '/items/x'],
        max_bytes: 60,
      }),
    ).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { '/items/0/name': 'one', '/items/1/a~1b': '~' },
      notes: ['nothing at /nope, /items/x'],
    })
  })
  it('is cut with a notice that says how to ask for less and for more', async () => {
    const cut = await shown(base, { path: '/items', max_bytes: 30 })
    expect(cut).toMatchObject({
      body: '{"items":[{"id":1,"name":"one"',
      truncated: { bytes_shown: 30, bytes_total: 561 },
      notes: [
        'the body is cut: ask for parts of it with `select` (JSON Pointers), or a larger `max_bytes` (up to 1048576)',
      ],
    })
  })
  it('that is larger than max_response is cut as text', async () => {
    const cut = await shown(base, { path: '/items' }, { settings: { max_response: '1KiB' } })
    expect(cut).toHaveProperty('body.pad')
    const endless = await shown(
      base,
      { path: '/endless', max_bytes: 1024 },
      { settings: { max_response: '1KiB' } },
    )
    expect(endless).toMatchObject({
      body: 'y'.repeat(1024),
      truncated: { bytes_shown: 1024, bytes_total: null },
      notes: [textLike('larger than the 1024 bytes')],
    })
  })
})

describe('an upstream that echoes the credential shows nothing of it', () => {
  const paths = Object.keys(ANSWERS).filter((path) => path.startsWith('/echo-'))
  for (const path of [...paths, '/split']) {
    for (const binary of [false, true]) {
      it(`${path}${binary ? ' in base64' : ''}`, async () => {
        const answer = JSON.stringify(await shown(base, { path, binary }))
        const bytes = /"body_base64":"([^"]*)"/.exec(answer)?.[1] ?? ''
        const decoded = Buffer.from(bytes, 'base64')
        for (const text of [answer, decoded.toString('latin1'), decoded.toString('utf16le')])
          expect(holdsRun(text, KEY)).toBe(false)
        expect(answer).not.toContain(Buffer.from(KEY).toString('base64').slice(4, 16))
      })
    }
  }
  it('for every max_bytes, in text and in JSON', async () => {
    for (const path of ['/echo-text', '/echo-json', '/echo-name', '/split', '/echo-base64']) {
      const whole = JSON.stringify(await shown(base, { path })).length
      for (let max_bytes = 1; max_bytes < Math.min(whole, 90); max_bytes++) {
        expect(holdsRun(JSON.stringify(await shown(base, { path, max_bytes })), KEY)).toBe(false)
      }
    }
  })
  it('where the reading stops inside it, at every place', async () => {
    let lead = 0
    const echo = await upstream((_, response) =>
      response
        .writeHead(200, { 'content-type': 'text/plain' })
        .end(`${'-'.repeat(lead)}${KEY}${'-'.repeat(100_000)}`),
    )
    for (lead = 1024 + 65_536 - KEY.length - 2; lead < 1024 + 65_536 + 3; lead++) {
      const answer = JSON.stringify(
        await shown(`http://127.0.0.1:${echo.port}`, {}, { settings: { max_response: '1KiB' } }),
      )
      expect(holdsRun(answer, KEY)).toBe(false)
    }
    for (lead = 1024 - KEY.length - 2; lead < 1027; lead++) {
      const answer = JSON.stringify(
        await shown(`http://127.0.0.1:${echo.port}`, {}, { settings: { max_response: '1KiB' } }),
      )
      expect(holdsRun(answer, KEY)).toBe(false)
    }
    await echo.close()
  })
  it('where markers make the text so much shorter that the end of what was read is shown', async () => {
    const secret = Array.from({ length: 400 }, (_, index) => `k${index * 7919}Z`).join('')
    const echo = await upstream((_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end(secret.repeat(100)),
    )
    const settings = { max_response: '1KiB' }
    const answer = await shown(`http://127.0.0.1:${echo.port}`, {}, { settings, secret })
    expect(holdsRun(JSON.stringify(answer), secret, 8)).toBe(false)
    await echo.close()
  })
  it('with select on the very place', async () => {
    const answer = JSON.stringify(await shown(base, { path: '/echo-json', select: ['/list/0'] }))
    expect(answer).toContain('"/list/0":"Bearer ')
    expect(holdsRun(answer, KEY)).toBe(false)
  })
})

describe('an upstream that means harm', () => {
  const table: readonly (readonly [string, string, RegExp, Record<string, unknown>?])[] = [
    ['/zstd', 'upstream_invalid', /a compression that was not asked for/],
    ['/stacked', 'upstream_invalid', /a compression that was not asked for/],
    ['/broken-gzip', 'upstream_invalid', /Z_DATA_ERROR/],
    ['/many-headers', 'upstream_invalid', /UND_ERR_HEADERS_OVERFLOW/],
    ['/rubbish', 'upstream_invalid', /HPE_/],
    ['/hang-up', 'upstream_unreachable', /closed the connection/],
    ['/slow', 'upstream_timeout', /did not answer in time/, { timeout: '400ms' }],
    ['/silent', 'upstream_timeout', /did not answer in time/, { timeout: '400ms' }],
  ]
  for (const [path, code, message, settings = {}] of table) {
    it(`${path}: ${code}`, async () => {
      await expect(call(base, { path }, { settings })).rejects.toMatchObject({
        code,
        message: textLike(message),
      })
    })
  }
  it('a compression bomb is read no further than the limit', async () => {
    const before = process.memoryUsage().rss
    expect(await shown(base, { path: '/bomb', max_bytes: 5 })).toMatchObject({
      body: 'zzzzz',
      truncated: { bytes_total: null },
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })
  it('nothing of a library’s own text is passed on', async () => {
    const failed: unknown = await call(base, { path: '/rubbish' }).catch((error: unknown) => error)
    expect(String(failed)).not.toContain('SMTP')
    expect(failed).not.toHaveProperty('cause')
  })
})

describe('cancelling', () => {
  it('ends a call that is waiting, and one that is reading', async () => {
    for (const path of ['/silent', '/slow']) {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 150)
      await expect(call(base, { path }, { signal: controller.signal })).rejects.toMatchObject({
        code: 'cancelled',
        message: 'the call was cancelled',
      })
    }
  })
  it('before it began sends nothing', async () => {
    const before = api.seen.length
    await expect(call(base, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(api.seen.length).toBe(before)
  })
})
