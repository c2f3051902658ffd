import { describe, expect, it } from 'vitest'
import { textLike } from '../../support/text-like.ts'
import { actionOf, canonical, inputOf, settingsOf } from './samples.ts'

const withKey = settingsOf({ auth: { type: 'query', name: 'api_key', value: 'key' } })

describe('an action', () => {
  it('has all that is sent but the credential, and the path as rules speak of it', () => {
    const settings = settingsOf({ headers: { 'X-Version': '3' } })
    const action = actionOf(
      {
        method: 'POST',
        path: '/things/caf\u00e9',
        query: { 'a b': ['x&y', 2, true] },
        headers: { Prefer: 'minimal' },
        body: { z: 1, a: 2 },
      },
      settings,
    )
    expect(action).toMatchObject({
      tool: 'api',
      type: 'http',
      verb: 'POST',
      target: 'https://api.example.com/v1',
      path: '/things/caf%C3%A9',
      facts: {
        method: 'POST',
        origin: 'https://api.example.com',
        headers: ['prefer'],
        has_body: true,
        query: { n: 3, keys: ['a b'], pairs: ['a%20b=x%26y', 'a%20b=2', 'a%20b=true'] },
      },
    })
    expect(action.request).toEqual({
      origin: 'https://api.example.com',
      method: 'POST',
      path: '/v1/things/caf%C3%A9',
      query: [
        ['a b', 'x&y'],
        ['a b', '2'],
        ['a b', 'true'],
      ],
      headers: [
        ['accept', 'application/json, */*;q=0.8'],
        ['user-agent', 'keyhand'],
        ['content-type', 'application/json'],
        ['prefer', 'minimal'],
        ['x-version', '3'],
        ['accept-encoding', 'gzip, br'],
      ],
      body: '{"z":1,"a":2}',
      select: null,
      max_bytes: 65_536,
      binary: false,
    })
  })
})

describe('what is refused, with what to write instead', () => {
  const table: readonly (readonly [Record<string, unknown>, RegExp, RegExp | null])[] = [
    [{ path: '/../admin' }, /the path holds a `\.` or `\.\.` segment/, /without it/],
    [{ path: 'https://evil.example/' }, /absolute URL/, /the path alone/],
    [{ headers: { Host: 'evil' } }, /`host` is never the agent's/, /leave it out/],
    [{ headers: { Authorization: 'x' } }, /`authorization` is never the agent's/, /leave it out/],
    [{ headers: { cookie: 'x' } }, /`cookie` is never the agent's/, /leave it out/],
    [{ headers: { 'X-Forwarded-Host': 'x' } }, /`x-forwarded-host` is never/, /leave it out/],
    [{ headers: { X_Forwarded_Host: 'x' } }, /`x_forwarded_host` is never/, /leave it out/],
    [
      { headers: { 'X-HTTP-Method-Override': 'DELETE' } },
      /`x-http-method-override` is never/,
      /leave it out/,
    ],
    [{ headers: { 'Proxy-Connection': 'x' } }, /`proxy-connection` is never/, /leave it out/],
    [{ headers: { Range: 'bytes=0-3' } }, /`range` is never/, /leave it out/],
    [{ headers: { 'If-Range': 'x' } }, /`if-range` is never/, /leave it out/],
    [{ headers: { 'Accept-Encoding': 'x' } }, /`accept-encoding` is never/, /leave it out/],
    [{ headers: { TE: 'trailers' } }, /`te` is never/, /leave it out/],
    [{ headers: { Connection: 'x' } }, /`connection` is never/, /leave it out/],
    [
      { headers: { 'X-Other': 'x' } },
      /not one that this tool lets agents set/,
      /the headers are: accept,/,
    ],
    [{ headers: { Accept: 'a\r\nHost: evil' } }, /a header cannot carry/, /line breaks/],
    [{ headers: { Accept: 'caf\u00e9' } }, /a header cannot carry/, /ASCII/],
    [{ headers: { 'Accept\r\nHost': 'evil' } }, /a header’s name/, null],
    [{ headers: { Accept: 'a', accept: 'b' } }, /stands there twice/, /once/],
    [{ query: { n: 1e18 } }, /beyond 2\^53/, /in quotes/],
    [{ query: { _method: 'DELETE' } }, /override the method/, /`method`/],
    [{ query: { 'X-HTTP-Method-Override': 'DELETE' } }, /override the method/, /`method`/],
    [{ query: { a: '\ud800' } }, /surrogate/, /well-formed/],
    [
      { query: { a: Array.from({ length: 32 }, () => 1), b: 1 } },
      /more than 32 parameters/,
      /fewer/,
    ],
    [
      {
        query: Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`k${i}`, 'x'.repeat(2000)])),
      },
      /longer than 8192/,
      /less/,
    ],
    [{ body: {} }, /a GET request has no body/, /`query`/],
    [{ method: 'HEAD', body_text: 'x' }, /a HEAD request has no body/, /`query`/],
    [{ method: 'POST', body: {}, body_text: 'x' }, /both `body` and `body_text`/, /one of them/],
    [{ method: 'POST', body: { id: [1e20] } }, /beyond 2\^53/, /`body_text`/],
    [{ method: 'POST', body: { id: Number.POSITIVE_INFINITY } }, /beyond 2\^53/, /`body_text`/],
    [{ method: 'POST', body: '{"a":1}' }, /JSON text in a string/, /the value itself/],
  ]
  for (const [input, message, fix] of table) {
    it(`refuses ${JSON.stringify(input).slice(0, 60)}`, () => {
      expect(canonical(input)).toMatchObject({
        refused: true,
        reason: 'invalid_input',
        message: textLike(message),
        ...(fix === null ? {} : { fix: textLike(fix) }),
      })
    })
  }
  it('refuses a body that is nested too deep to walk', () => {
    const deep = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) as unknown
    expect(canonical({ method: 'POST', body: deep })).toMatchObject({
      message: 'the body is nested deeper than 100 levels',
    })
  })
  it('refuses the parameter that the auth scheme sets, in any case', () => {
    expect(canonical({ query: { API_Key: 'mine' } }, withKey)).toMatchObject({
      message: 'the query parameter `api_key` is set by keyhand',
    })
  })
  it('refuses a header that the catalog fixes', () => {
    expect(
      canonical({ headers: { Accept: 'x' } }, settingsOf({ headers: { Accept: 'y' } })),
    ).toMatchObject({ message: textLike(/`accept` is not one/) })
  })
  it('refuses binary where the tool has none', () => {
    expect(canonical({ binary: true }, settingsOf({ binary: false }))).toMatchObject({
      message: 'this tool returns no binary bodies',
    })
  })
  it('refuses the name __proto__, which a record would drop', () => {
    for (const field of ['query', 'headers']) {
      const input = JSON.parse(`{"${field}":{"__proto__":"x"}}`) as Record<string, unknown>
      expect(() => inputOf(input)).toThrow(/`__proto__`/)
    }
  })
})

describe('a body', () => {
  it('that is text is sent as it is', () => {
    const text = '{"id": 1234567890123456789, "b":1.10}'
    expect(
      actionOf({ method: 'POST', body_text: text, headers: { 'Content-Type': 'application/json' } })
        .request,
    ).toMatchObject({ body: text })
  })
  it('that is JSON keeps its order and its odd names', () => {
    const body = JSON.parse('{"b":1,"a":{"__proto__":2}}') as unknown
    expect(actionOf({ method: 'PATCH', body }).request).toMatchObject({
      body: '{"b":1,"a":{"__proto__":2}}',
    })
  })
  it('may be null, which is not the same as none', () => {
    expect(actionOf({ method: 'POST', body: null }).request).toMatchObject({ body: 'null' })
    expect(actionOf({ method: 'POST' }).request).toMatchObject({ body: null })
  })
  it('may have a content type of the agent’s', () => {
    const { request } = actionOf({
      method: 'PATCH',
      body: {},
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(request['headers']).toContainEqual(['content-type', 'application/merge-patch+json'])
  })
})
