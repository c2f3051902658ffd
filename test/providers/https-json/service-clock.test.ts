import { describe, expect, it, onTestFinished } from 'vitest'
import { serviceClock } from '../../../src/providers/https-json/service-clock.ts'
import { makeCertificate } from '../../support/servers/certificate.ts'
import { type JsonAnswer, json, startJsonFake } from '../../support/servers/json-fake.ts'

const AT = 'Mon, 02 Jan 2034 03:04:05 GMT'

async function start(answer: JsonAnswer, tls?: { key: string; cert: string }) {
  const fake = await startJsonFake(answer, tls)
  onTestFinished(() => fake.stop())
  return fake
}

function ask(address: string, more: { ca?: string; signal?: AbortSignal } = {}) {
  return serviceClock({ address, signal: AbortSignal.timeout(5_000), ...more })
}

describe('the clock of a service', () => {
  it.each([
    ['of a success', 200, {}],
    ['of an error', 503, {}],
    ['of a redirect, which is not followed', 302, { location: 'http://127.0.0.1:1/' }],
  ])(
    'is what the answer %s says, to a request without a credential',
    async (_, status, headers) => {
      const fake = await start(json(status, {}, { date: AT, ...headers }))
      expect(await ask(fake.url)).toBe(Date.UTC(2034, 0, 2, 3, 4, 5))
      expect(fake.requests).toHaveLength(1)
      expect(Object.keys(fake.requests[0]?.headers ?? {}).sort()).toEqual(['connection', 'host'])
    },
  )

  it.each([
    ['what is no date', { date: 'noon' }],
    ['an answer that was kept by somebody', { date: AT, age: '60' }],
  ])('is not to be had of %s', async (_, headers) => {
    expect(await ask((await start(json(200, {}, headers))).url)).toBeNull()
  })

  it('is asked over TLS only of whom the authority vouches for', async () => {
    const tls = makeCertificate()
    const fake = await start(json(200, {}, { date: AT }), tls)
    expect(await ask(fake.url, { ca: tls.cert })).toBe(Date.UTC(2034, 0, 2, 3, 4, 5))
    await expect(ask(fake.url)).rejects.toMatchObject({
      code: 'secret_unreachable',
      message: expect.stringContaining('is not trusted') as unknown,
    })
  })

  it('is not waited for longer than the signal says', async () => {
    const fake = await start(() => {})
    await expect(ask(fake.url, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: 'secret_timeout',
      message: 'it did not answer in time',
    })
  })

  it('is asked of no address that is not a service’s', async () => {
    await expect(ask('http://vault.example.com')).rejects.toMatchObject({
      code: 'secret_invalid',
      message: 'that is no address of a service',
    })
  })
})
