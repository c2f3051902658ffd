import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redirectTarget, shownLocation } from '../../../src/tools/http/redirect.ts'
import { textLike } from '../../support/text-like.ts'
import { call, holdsRun, KEY, type Upstream, upstream } from './upstream.ts'

const at = {
  origin: 'https://api.example.com',
  basePath: '/v1',
  syntax: { encodedSlash: false, semicolon: false },
  setByAuth: ['api_key'],
}

describe('a Location that is followed', () => {
  const table: readonly (readonly [string, string, [string, string][]])[] = [
    ['/v1/new', '/new', []],
    ['https://api.example.com/v1/new', '/new', []],
    ['HTTPS://API.example.com:443/v1/new', '/new', []],
    ['//api.example.com/v1/new', '/new', []],
    ['/v1/', '/', []],
    [
      '/v1/new?a=1&b=x%20y+z#part',
      '/new',
      [
        ['a', '1'],
        ['b', 'x y z'],
      ],
    ],
    ['/v1/new?API_KEY=again&a=1', '/new', [['a', '1']]],
  ]
  for (const [location, path, query] of table)
    it(location, () => expect(redirectTarget(location, at)).toEqual({ path, query }))
})

describe('a Location that is not followed', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['https://evil.example/v1/new', /another origin/],
    ['//evil.example/v1/new', /another origin/],
    ['http://api.example.com/v1/new', /another origin/],
    ['https://api.example.com:444/v1/new', /another origin/],
    ['https://api.example.com.evil.example/v1/new', /another origin/],
    ['https://api.example.com@evil.example/v1/new', /another origin/],
    ['https://u:p@api.example.com/v1/new', /another origin/],
    ['https:api.example.com/v1/new', /another origin/],
    ['https:/evil.example/v1/new', /another origin/],
    ['/\\evil.example/v1/new', /another origin/],
    ['javascript:alert(1)', /another origin/],
    ['/v1/new\tx', /another origin/],
    ['/v2/new', /out of the base URL/],
    ['/v1', /not canonical/],
    ['/v1new', /out of the base URL/],
    ['/v1/../admin', /not canonical/],
    ['/v1/%2e%2e/admin', /not canonical/],
    ['/v1//x', /not canonical/],
    ['/v1/a%2fb', /not canonical/],
    ['/v1/%41', /not canonical/],
    ['new', /not an absolute one/],
    ['?page=2', /not an absolute one/],
    ['', /not an absolute one/],
    ['/v1/new?flag', /its query/],
    ['/v1/new?a=%ff', /its query/],
  ]
  for (const [location, why] of table)
    it(JSON.stringify(location), () => expect(redirectTarget(location, at)).toMatch(why))
})

it('a Location of another origin is shown without what may be a signature', () => {
  expect(shownLocation('https://files.example/a?X-Signature=abc#x', at.origin)).toBe(
    'https://files.example/a?[withheld]',
  )
  expect(shownLocation('https://u:p@files.example/a', at.origin)).toBe(
    'https://[withheld]@files.example/a',
  )
  expect(shownLocation('/v1/x?y=1', at.origin)).toBe('/v1/x?y=1')
})

describe('a redirect', () => {
  let evil: Upstream
  beforeAll(async () => {
    evil = await upstream((_, response) => response.end('evil'))
  })
  afterAll(() => evil.close())

  for (const status of [301, 302, 303, 307, 308]) {
    it(`with ${status} is one to be decided on`, async () => {
      const one = await upstream((_, response) =>
        response.writeHead(status, { location: '/next' }).end(),
      )
      expect(await call(`http://127.0.0.1:${one.port}`, {})).toMatchObject({ kind: 'redirect' })
      await one.close()
    })
  }
  for (const status of [200, 201, 300, 304, 305]) {
    it(`with ${status} is none`, async () => {
      const one = await upstream((_, response) =>
        response.writeHead(status, { location: '/next' }).end(),
      )
      expect(await call(`http://127.0.0.1:${one.port}`, {})).toMatchObject({ kind: 'done' })
      await one.close()
    })
  }
  it('is never followed by itself: one request, one answer', async () => {
    const one = await upstream((_, response) =>
      response.writeHead(302, { location: '/next?a=1&a=2' }).end('moved'),
    )
    const performed = await call(`http://127.0.0.1:${one.port}`, {
      headers: { Accept: 'text/html' },
      max_bytes: 9,
      query: { z: '1' },
    })
    expect(performed).toMatchObject({
      kind: 'redirect',
      input: {
        method: 'GET',
        path: '/next',
        query: { a: ['1', '2'] },
        headers: { accept: 'text/html' },
        max_bytes: 9,
        binary: false,
      },
      result: { status: 302 },
    })
    expect(one.seen.length).toBe(1)
    await one.close()
  })
  it('to another origin is not followed, and gets no credential', async () => {
    const one = await upstream((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${evil.port}/take?k=${KEY}` }).end(),
    )
    expect(await call(`http://127.0.0.1:${one.port}`, {})).toMatchObject({
      kind: 'done',
      result: {
        structured: {
          headers: { location: `http://127.0.0.1:${evil.port}/take?[withheld]` },
          notes: ['the redirect is not followed: it leads to another origin'],
        },
      },
    })
    expect(evil.seen).toEqual([])
    await one.close()
  })
  it('that holds the credential is not followed, and shown without it', async () => {
    const one = await upstream((_, response) =>
      response.writeHead(302, { location: `/next?k=${KEY}` }).end(),
    )
    const performed = await call(`http://127.0.0.1:${one.port}`, {})
    expect(performed).toMatchObject({
      kind: 'done',
      result: {
        structured: { notes: ['the redirect is not followed: its address holds a secret'] },
      },
    })
    expect(holdsRun(JSON.stringify(performed), KEY)).toBe(false)
    await one.close()
  })
  it('of a request that is not GET or HEAD is not followed, whatever its status', async () => {
    const one = await upstream((_, response) =>
      response.writeHead(303, { location: '/next' }).end(),
    )
    for (const input of [
      { method: 'POST', body: {} },
      { method: 'DELETE' },
      { method: 'OPTIONS' },
    ]) {
      expect(await call(`http://127.0.0.1:${one.port}`, input)).toMatchObject({
        kind: 'done',
        result: { structured: { notes: [textLike('request is never sent on')] } },
      })
    }
    expect(await call(`http://127.0.0.1:${one.port}`, { method: 'HEAD' })).toMatchObject({
      kind: 'redirect',
      input: { method: 'HEAD' },
    })
    await one.close()
  })
  it('of an API whose path holds the secret is not followed', async () => {
    const one = await upstream((_, response) =>
      response.writeHead(302, { location: '/next' }).end(),
    )
    const settings = { auth: { type: 'path', token: 'key', prefix: '/bot{token}' } }
    expect(await call(`http://127.0.0.1:${one.port}`, { path: '/x' }, { settings })).toMatchObject({
      kind: 'done',
      result: { structured: { notes: [textLike('holds a secret')] } },
    })
    expect(one.seen[0]?.url).toBe(`/bot${KEY}/x`)
    await one.close()
  })
})
