import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { textLike } from '../../support/text-like.ts'
import { call, secureUpstream, shown, type Upstream, upstream } from './upstream.ts'

const to =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

let plain: Upstream
let secure: Awaited<ReturnType<typeof secureUpstream>>
beforeAll(async () => {
  plain = await upstream((_, response) => response.end('plain'))
  secure = await secureUpstream((_, response) => response.end('secure'))
})
afterAll(async () => {
  await Promise.all([plain.close(), secure.close()])
})
afterEach(() => vi.unstubAllEnvs())

describe('where a name leads to', () => {
  const settings = { plaintext: true }
  const base = () => `http://api.example.com:${plain.port}`

  it('is refused where it is this machine, and nothing is sent', async () => {
    const before = plain.seen.length
    await expect(call(base(), {}, { settings, lookup: to('127.0.0.1') })).rejects.toMatchObject({
      code: 'upstream_address_refused',
      message:
        '`api.example.com` leads to `127.0.0.1`, which is an address of this machine: nothing was sent',
      fix: 'if that is where this tool should go, add the line `network: loopback` to it in keyhand.yaml',
    })
    expect(plain.seen.length).toBe(before)
  })
  it('is taken with network: loopback', async () => {
    expect(
      await shown(
        base(),
        {},
        { settings: { ...settings, network: 'loopback' }, lookup: to('127.0.0.1') },
      ),
    ).toMatchObject({ body: 'plain' })
    expect(plain.seen.at(-1)?.headers.host).toBe(`api.example.com:${plain.port}`)
  })
  it('is refused where one of several addresses is not public', async () => {
    for (const lookup of [
      to('127.0.0.1', '93.184.216.34'),
      to('93.184.216.34', '::ffff:10.0.0.1'),
      to('169.254.169.254'),
    ]) {
      await expect(call(base(), {}, { settings, lookup })).rejects.toMatchObject({
        code: 'upstream_address_refused',
      })
    }
  })
  it('is asked once for a connection, so that a second answer has nothing to say', async () => {
    const answers = [to('127.0.0.1'), to('169.254.169.254')]
    const lookup = vi.fn(async () => (await answers.shift()?.()) ?? [])
    expect(
      await shown(base(), {}, { settings: { ...settings, network: 'loopback' }, lookup }),
    ).toMatchObject({ body: 'plain' })
    expect(lookup).toHaveBeenCalledTimes(1)
  })
  it('is checked again at the next connection: public first, 127.0.0.1 next', async () => {
    const before = plain.seen.length
    const answers = [to('93.184.216.34'), to('127.0.0.1')]
    const lookup = async () => (await answers.shift()?.()) ?? []
    await expect(
      call(base(), {}, { settings: { ...settings, timeout: '300ms' }, lookup }),
    ).rejects.toMatchObject({ code: textLike(/^upstream_(timeout|unreachable)$/) })
    await expect(call(base(), {}, { settings, lookup })).rejects.toMatchObject({
      code: 'upstream_address_refused',
    })
    expect(plain.seen.length).toBe(before)
  })
  it('is this machine for `localhost`, whatever the resolver says', async () => {
    const localhost = `http://localhost:${plain.port}`
    expect(await shown(localhost, {}, { lookup: to('127.0.0.1') })).toMatchObject({ body: 'plain' })
    await expect(call(localhost, {}, { lookup: to('10.0.0.1') })).rejects.toMatchObject({
      code: 'upstream_address_refused',
    })
  })
  it('is refused for a metadata address in base_url, with every setting', async () => {
    for (const host of ['169.254.169.254', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]']) {
      await expect(
        call(`http://${host}`, {}, { settings: { plaintext: true, network: 'private' } }),
      ).rejects.toMatchObject({
        code: 'upstream_address_refused',
        message: textLike('is a metadata address: nothing was sent'),
      })
    }
  })
  it('that is nowhere is said', async () => {
    await expect(call(base(), {}, { settings, lookup: to() })).rejects.toMatchObject({
      code: 'upstream_unreachable',
      message: '`api.example.com` has no address',
    })
    const lookup = () =>
      Promise.reject(
        Object.assign(new Error('getaddrinfo ENOTFOUND secret-name'), { code: 'ENOTFOUND' }),
      )
    await expect(call(base(), {}, { settings, lookup })).rejects.toMatchObject({
      code: 'upstream_unreachable',
      message: textLike(/\(ENOTFOUND\)$/),
    })
  })
  it('with nobody listening is said', async () => {
    await expect(call('http://127.0.0.1:9', {})).rejects.toMatchObject({
      code: 'upstream_unreachable',
      message: textLike('(ECONNREFUSED)'),
    })
  })
})

describe('TLS', () => {
  it('takes a private certificate authority from `ca`, and checks the name', async () => {
    expect(
      await shown(`https://localhost:${secure.port}`, {}, { settings: { ca: secure.ca } }),
    ).toMatchObject({ body: 'secure' })
    const other = call(
      `https://other.example:${secure.port}`,
      {},
      { settings: { ca: secure.ca, network: 'loopback' }, lookup: to('127.0.0.1') },
    )
    await expect(other).rejects.toMatchObject({
      code: 'upstream_tls',
      message: textLike('ERR_TLS_CERT_ALTNAME_INVALID'),
    })
  })
  for (const value of [undefined, '0']) {
    it(`refuses an unknown one with NODE_TLS_REJECT_UNAUTHORIZED=${value}`, async () => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value)
      const before = secure.seen.length
      await expect(call(`https://localhost:${secure.port}`, {})).rejects.toMatchObject({
        code: 'upstream_tls',
        message: textLike(/is not accepted \((?:DEPTH_ZERO_)?SELF_SIGNED_CERT/),
        fix: textLike('`ca:`'),
      })
      expect(secure.seen.length).toBe(before)
    })
  }
  it('says what is wrong with a `ca` file', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'http-ca-')), 'ca.pem')
    await expect(
      call(`https://localhost:${secure.port}`, {}, { settings: { ca: file } }),
    ).rejects.toMatchObject({ code: 'config_invalid', message: textLike('cannot be read') })
    await writeFile(file, 'no certificate')
    await expect(
      call(`https://localhost:${secure.port}`, {}, { settings: { ca: file } }),
    ).rejects.toMatchObject({ code: 'config_invalid', message: textLike('holds no certificate') })
  })
})

describe('a proxy', () => {
  it('of the environment is ignored', async () => {
    const proxy = await upstream((_, response) => response.end('proxy'))
    for (const name of [
      'HTTPS_PROXY',
      'HTTP_PROXY',
      'ALL_PROXY',
      'https_proxy',
      'http_proxy',
      'NODE_USE_ENV_PROXY',
    ])
      vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`)
    expect(await shown(`http://127.0.0.1:${plain.port}`, {})).toMatchObject({ body: 'plain' })
    expect(
      await shown(`https://localhost:${secure.port}`, {}, { settings: { ca: secure.ca } }),
    ).toMatchObject({ body: 'secure' })
    expect(proxy.seen).toEqual([])
    await proxy.close()
  })
  it('of the catalog is used, and TLS goes through it end to end', async () => {
    const asked: string[] = []
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(String(request.url))
      const upstreamSocket = connect(secure.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        upstreamSocket.pipe(socket).pipe(upstreamSocket)
      })
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = proxy.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const settings = { proxy: `http://127.0.0.1:${port}` }
    expect(
      await shown(
        `https://localhost:${secure.port}`,
        {},
        { settings: { ...settings, ca: secure.ca } },
      ),
    ).toMatchObject({ body: 'secure' })
    expect(asked).toEqual([`localhost:${secure.port}`])
    await expect(call(`https://localhost:${secure.port}`, {}, { settings })).rejects.toMatchObject({
      code: 'upstream_tls',
    })
    proxy.closeAllConnections()
    proxy.close()
  })
})
