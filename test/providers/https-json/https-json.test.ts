import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ErrorCode } from '../../../src/core/errors.ts'
import {
  createHttpsJson,
  type HttpsJsonOptions,
} from '../../../src/providers/https-json/https-json.ts'
import { serviceAddress } from '../../../src/providers/https-json/service-address.ts'
import { CANARY, everyTextOf, thrownBy } from '../../contract/secret-provider.ts'
import { makeCertificate } from '../../support/servers/certificate.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { type JsonAnswer, json, startJsonFake } from '../../support/servers/json-fake.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

const certificate = makeCertificate()
const signal = new AbortController().signal

async function fake(answer: JsonAnswer, tls?: typeof certificate) {
  const started = await startJsonFake(answer, tls)
  stops.push(() => started.stop())
  return started
}

/** A server of TCP alone; what it does with a connection is the test's. */
async function sockets(on: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    on(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  stops.push(async () => {
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

function ask(address: string, more: Partial<HttpsJsonOptions> = {}, path = '/v1/x') {
  const client = createHttpsJson({ address, service: 'Vault', ...more })
  stops.push(async () => client.close())
  return client.request({ method: 'GET', path, headers: { 'x-token': CANARY }, signal })
}

async function fails(work: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  const error = await thrownBy(work)
  expect(error.message).toMatch(message)
  expect(error.code).toBe(code)
  expect(error.fix).toMatch(/\.$/)
  expect(error.cause).toBeUndefined()
  expect(everyTextOf(error)).not.toContain(CANARY)
}

describe('asking over HTTPS', () => {
  it('sends what it is given, and gives status and JSON, whatever the status', async () => {
    const { url, requests } = await fake(json(418, { a: [1, 'b'] }, { 'retry-after': '7' }))
    const client = createHttpsJson({ address: `${url}/below/`, service: 'Vault' })
    stops.push(async () => client.close())
    const headers = { 'x-token': CANARY }
    const body = { c: 'ü' }
    const answer = await client.request({
      method: 'POST',
      path: '/v1/x?y=1',
      headers,
      body,
      signal,
    })
    expect(answer).toEqual({ status: 418, json: { a: [1, 'b'] }, retryAfterMs: 7000 })
    expect(requests).toMatchObject([
      { method: 'POST', url: '/below/v1/x?y=1', body: '{"c":"ü"}', headers },
    ])
  })

  it('gives numbers that a double cannot hold as they were written', async () => {
    const { url } = await fake((_request, response) => {
      response.end('{"a": 12345678901234567890, "b": 3600, "c": 0.1, "d": -7}')
    })
    expect((await ask(url)).json).toEqual({ a: '12345678901234567890', b: 3600, c: 0.1, d: -7 })
  })

  it.each([
    ['no body', ''],
    ['a page', '<html></html>'],
    ['half of one', '{"a": '],
    ['no text', Buffer.from([0xff, 0xfe, 0x22])],
  ])('says of %s that it is no JSON', async (_what, body) => {
    const { url } = await fake((_request, response) => response.end(body))
    expect(await ask(url)).toEqual({ status: 200, json: undefined, retryAfterMs: null })
  })

  it('trusts the authority that it is given, and sends the client certificate', async () => {
    const { url } = await fake(json(200, {}), certificate)
    const { cert, key } = certificate
    expect((await ask(url, { ca: cert, client: { cert, key } })).status).toBe(200)
  })

  it('follows no redirect: the token would go along', async () => {
    const other = await fake(json(200, { stolen: true }))
    const { url } = await fake(json(307, {}, { location: `${other.url}/v1/x` }))
    expect((await ask(url)).status).toBe(307)
    expect(other.requests).toEqual([])
  })

  it.each(['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY'])(
    'passes by the proxy of %s',
    async (name) => {
      const proxy = await fake(json(200, { proxy: true }))
      vi.stubEnv(name, proxy.url)
      vi.stubEnv('NODE_USE_ENV_PROXY', '1')
      const { url } = await fake(json(200, { proxy: false }))
      expect((await ask(url)).json).toEqual({ proxy: false })
      expect(proxy.requests).toEqual([])
    },
  )

  it('asks again where an idle connection was closed in that moment', async () => {
    let connections = 0
    const url = await sockets((socket) => {
      connections += 1
      let answered = 0
      socket.on('data', () => {
        if (connections === 1 && answered === 1) socket.destroy()
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
        answered += 1
      })
    })
    const client = createHttpsJson({ address: url, service: 'Vault' })
    stops.push(async () => client.close())
    for (let round = 0; round < 2; round += 1) {
      expect((await client.request({ method: 'GET', path: '/', signal })).json).toEqual({})
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(connections).toBe(2)
  })
})

describe('what goes wrong with a connection', () => {
  it('nobody listens', async () => {
    const address = `http://127.0.0.1:${await freePort()}`
    await fails(
      ask(address),
      'secret_unreachable',
      /^Vault refuses the connection \(ECONNREFUSED\)$/,
    )
  })

  it('the name is not known', async () => {
    const work = ask('https://vault.example.invalid:8200')
    await fails(work, 'secret_unreachable', /^the name of Vault's host is not known \(E/)
  })

  it('the connection is cut before an answer', async () => {
    const url = await sockets((socket) => socket.on('data', () => socket.destroy()))
    await fails(ask(url), 'secret_unreachable', /^Vault cut the connection before it had answered$/)
  })

  it('the connection is reset in the middle of the answer', async () => {
    const url = await sockets((socket) =>
      socket.on('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a": "${CANARY}`)
        setTimeout(() => socket.resetAndDestroy(), 20)
      }),
    )
    await fails(ask(url), 'secret_unreachable', /^Vault cut the connection/)
  })

  it.each<[string, (socket: Socket) => void]>([
    ['silence', () => {}],
    [
      'an answer that drips',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
        const drip = setInterval(() => socket.write(' '), 20)
        socket.on('close', () => clearInterval(drip))
      },
    ],
  ])('%s, in bounded time', async (_what, on) => {
    const url = await sockets((socket) => socket.once('data', () => on(socket)))
    const startedAt = performance.now()
    const work = ask(url, { timeoutMs: 300 })
    await fails(work, 'secret_timeout', /^Vault did not answer within 0.3 s$/)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('what answers does not speak HTTP', async () => {
    const url = await sockets((socket) => socket.on('data', () => socket.end(`220 ${CANARY}\r\n`)))
    await fails(ask(url), 'secret_unreachable', /does not speak HTTP \(HPE_/)
  })

  it('what answers does not speak TLS', async () => {
    const { url } = await fake(json(200, {}))
    const work = ask(url.replace('http:', 'https:'))
    await fails(work, 'secret_unreachable', /^no TLS connection to Vault can be made/)
  })

  it('the certificate is of nobody known, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const { url, requests } = await fake(json(200, {}), certificate)
    await fails(ask(url), 'secret_unreachable', /^the certificate of Vault is not trusted \(/)
    const ca = makeCertificate().cert
    await fails(ask(url, { ca }), 'secret_unreachable', /^the certificate of Vault is not trusted/)
    expect(requests).toEqual([])
  })

  it('the certificate is for another name', async () => {
    const other = makeCertificate('DNS:vault.example.com')
    const { url } = await fake(json(200, {}), other)
    const work = ask(url, { ca: other.cert })
    await fails(work, 'secret_unreachable', /^the certificate of Vault is for another name/)
  })

  it('the answer is too long', async () => {
    const { url } = await fake((_request, response) => response.end('x'.repeat(1_048_577)))
    await fails(ask(url), 'secret_invalid', /^Vault answered more than 1 MiB$/)
  })

  it('the call is over, before or meanwhile', async () => {
    const url = await sockets(() => {})
    const client = createHttpsJson({ address: url, service: 'Vault' })
    stops.push(async () => client.close())
    const aborted = AbortSignal.abort()
    const early = client.request({ method: 'GET', path: '/', signal: aborted })
    expect((await thrownBy(early)).code).toBe('cancelled')
    const late = client.request({ method: 'GET', path: '/', signal: AbortSignal.timeout(50) })
    expect((await thrownBy(late)).code).toBe('cancelled')
  })

  it('and then all is well again, without a restart', async () => {
    let well = false
    const { url } = await fake((_request, response) => {
      if (well) response.end('{}')
      else response.destroy()
    })
    const client = createHttpsJson({ address: url, service: 'Vault' })
    stops.push(async () => client.close())
    const request = { method: 'GET', path: '/', signal } as const
    expect((await thrownBy(client.request(request))).code).toBe('secret_unreachable')
    well = true
    expect((await client.request(request)).status).toBe(200)
  })
})

describe('the address of a service', () => {
  it.each([
    'https://vault.example.com:8200',
    'http://127.0.0.1:8200',
    'http://localhost',
    'https://a/b',
  ])('may be %s', (address) => {
    expect(serviceAddress.safeParse(address).success).toBe(true)
  })

  it.each([
    'http://vault.example.com:8200',
    'https://me:pw@vault.example.com',
    'https://vault.example.com?x=1',
    'https://vault.example.com#x',
    'vault.example.com',
    'file:///etc/passwd',
    'http://localhost.example.com',
  ])('may not be %s', (address) => {
    expect(serviceAddress.safeParse(address).success).toBe(false)
  })
})
