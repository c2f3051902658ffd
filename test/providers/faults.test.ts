import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { BrokerError, ErrorCode } from '../../src/core/errors.ts'
import { createResolver } from '../../src/secrets/resolver.ts'
import { CANARY, everyTextOf, thrownBy } from '../contract/secret-provider.ts'
import { secretEntry } from '../support/secret-entry.ts'
import { type Certificate, makeCertificate } from '../support/servers/certificate.ts'
import { type Fault, type FaultyProxy, startFaultyProxy } from '../support/servers/faulty-proxy.ts'
import { loginStore, type RemotePlace, remotePlaces } from '../support/servers/remote-places.ts'

const VALUE = `${CANARY}-value`
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-faults-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

/** One place of a kind behind a proxy that can fail, with a resolver as a server has it. */
async function placeOf(type: string, tls?: Certificate, ca?: string) {
  const place: RemotePlace | undefined = await remotePlaces[type]?.(VALUE)
  if (place === undefined) throw new Error(`no place ${type}`)
  const proxy: FaultyProxy = await startFaultyProxy(place.url, tls)
  const resolver = createResolver({
    providers: new Map([
      [type, place.provider],
      ['logins', loginStore(place.logins)],
    ]),
    now: () => Date.now(),
    onFetched: () => {},
  })
  stops.push(
    () => resolver.close(),
    () => proxy.stop(),
    () => place.stop(),
  )
  const needs = Object.keys(place.logins).map((name) => secretEntry({ name, provider: 'logins' }))
  const text = place.reference(proxy.url, place.takesCa ? ca : undefined)
  const reference = place.provider.reference.parse(text)
  const entry = secretEntry({ name: 'key', provider: type, reference, needs })
  return {
    type,
    proxy,
    takesCa: place.takesCa,
    async value() {
      const { fields, release } = await resolver.resolve(entry, {
        signal: new AbortController().signal,
      })
      release()
      return fields.get('value')?.reveal()
    },
  }
}

type Place = Awaited<ReturnType<typeof placeOf>>

/** What a call that needs it is told, and after how long. */
async function failureOf(place: Place): Promise<{ error: BrokerError; ms: number }> {
  const began = performance.now()
  const error = await thrownBy(place.value())
  return { error, ms: performance.now() - began }
}

/** Every place fails so, and every place is well again with the next try, in the same process. */
async function failAndRecover(
  expected: { readonly code: ErrorCode; readonly withinMs: number; readonly atLeastMs?: number },
  begin: (place: Place) => unknown,
  end: (place: Place) => unknown,
): Promise<void> {
  const places = await Promise.all(Object.keys(remotePlaces).map((type) => placeOf(type)))
  const told = await Promise.all(
    places.map(async (place) => {
      expect([place.type, await place.value()]).toEqual([place.type, VALUE])
      await begin(place)
      const { error, ms } = await failureOf(place)
      expect(everyTextOf(error)).not.toContain(CANARY)
      const inTime = ms < expected.withinMs && ms >= (expected.atLeastMs ?? 0)
      await end(place)
      // A place that was taken to be down is tried again after 2 s.
      await expect.poll(() => place.value(), { timeout: 10_000, interval: 200 }).toBe(VALUE)
      return [place.type, { code: error.code, inTime, fix: error.fix !== null }] as const
    }),
  )
  const all = Object.keys(remotePlaces).map((type) => [
    type,
    { code: expected.code, inTime: true, fix: true },
  ])
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(all))
}

const withFault = (fault: Fault) =>
  [({ proxy }: Place) => proxy.failWith(fault), ({ proxy }: Place) => proxy.failWith(null)] as const

const answer = (status: string, headers: string, body: string): Fault => {
  const head = `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n`
  return (socket) => socket.end(`${head}${headers}\r\n${body}`)
}

const resetInTheMiddle: Fault = (socket: Socket) => {
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n')
  socket.write(`{"value": "${CANARY}`)
  setTimeout(() => socket.resetAndDestroy(), 20)
}

describe('every remote provider, over real sockets, tells and survives', () => {
  const unreachable = { code: 'secret_unreachable', withinMs: 6_000 } as const

  it('that nobody listens', async () => {
    await failAndRecover(
      unreachable,
      ({ proxy }) => proxy.refuse(),
      ({ proxy }) => proxy.listen(),
    )
  })

  it('a connection that is reset in the middle of the answer', async () => {
    await failAndRecover(unreachable, ...withFault(resetInTheMiddle))
  })

  it('10 s of silence', async () => {
    await failAndRecover(
      { code: 'secret_timeout', withinMs: 12_000, atLeastMs: 7_500 },
      ...withFault(() => {}),
    )
  })

  it('429 with more patience than there is', async () => {
    const body = JSON.stringify({ message: CANARY })
    await failAndRecover(
      { code: 'secret_throttled', withinMs: 6_000 },
      ...withFault(answer('429 Too Many Requests', 'retry-after: 60\r\n', body)),
    )
  })

  it('500', async () => {
    const body = JSON.stringify({ message: CANARY })
    await failAndRecover(unreachable, ...withFault(answer('500 Internal Server Error', '', body)))
  })

  it.each<[string, Fault]>([
    ['no HTTP', (socket) => socket.end(`220 ready ${CANARY}\r\n`)],
    ['a page', answer('200 OK', 'content-type: text/html\r\n', `<html>${CANARY}</html>`)],
    ['half a JSON', answer('200 OK', 'content-type: application/json\r\n', `{"value": "${CANARY}`)],
  ])('garbage: %s', async (_what, fault) => {
    await failAndRecover(unreachable, ...withFault(fault))
  })

  it('a certificate that does not match, until one does', async () => {
    const [wrong, right] = [makeCertificate('DNS:other.example'), makeCertificate()]
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, `${wrong.cert}\n${right.cert}`)
    const places = await Promise.all(
      Object.keys(remotePlaces).map((type) => placeOf(type, wrong, ca)),
    )
    await Promise.all(
      places.map(async (place) => {
        const { error, ms } = await failureOf(place)
        expect([place.type, error.code]).toEqual([place.type, 'secret_unreachable'])
        expect(error.message).toContain('certificate')
        expect(ms).toBeLessThan(6_000)
        // The others trust what Node trusts, and nothing here is that.
        if (!place.takesCa) return
        place.proxy.show(right)
        await expect.poll(() => place.value(), { timeout: 10_000, interval: 200 }).toBe(VALUE)
      }),
    )
  })
})
