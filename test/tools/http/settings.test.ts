import { describe, expect, it } from 'vitest'
import { settingsOf, tool } from './samples.ts'

const right = { base_url: 'https://api.example.com' }

function message(settings: Record<string, unknown>): string {
  return (
    tool.settings
      .safeParse({ ...right, ...settings })
      .error?.issues.map((issue) => issue.message)
      .join('; ') ?? 'fine'
  )
}

describe('base_url', () => {
  it('is parsed once, into origin and path', () => {
    expect(settingsOf({ base_url: 'https://api.example.com/v1/' }).base_url).toEqual({
      origin: 'https://api.example.com',
      secure: true,
      host: 'api.example.com',
      path: '/v1',
      kind: 'name',
      loopback: false,
    })
    expect(settingsOf({ base_url: 'http://[::1]:8080' }).base_url).toMatchObject({
      origin: 'http://[::1]:8080',
      host: '::1',
      kind: 'address',
      loopback: true,
    })
  })
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['api.example.com', /is not a URL/],
    ['ftp://api.example.com', /must start with `https:\/\/`/],
    ['https://user@api.example.com', /user name or password/],
    ['https://u:p@api.example.com', /user name or password/],
    ['https://api.example.com?x=1', /no query/],
    ['https://api.example.com/#x', /no fragment/],
    ['https://API.example.com', /write `https:\/\/api.example.com\/`/],
    ['https://api.example.com:443', /write `https:\/\/api.example.com\/`/],
    ['https://api.example.com/a/../b', /write `https:\/\/api.example.com\/b`/],
    ['https://api.example.com\\b', /write `https:\/\/api.example.com\/b`/],
    ['https://0x7f.1', /write `https:\/\/127.0.0.1\/`/],
    ['https://b\u00fccher.example', /write `https:\/\/xn--bcher-kva.example\/`/],
    ['https://api.example.com.', /ends with a dot/],
    ['https://api.example.com/a//b', /empty segment/],
    ['https://api.example.com/a%2fb', /%2F/],
    ['http://api.example.com', /is not encrypted: .*plaintext: true/],
    ['http://10.0.0.1', /is not encrypted/],
    ['http://127.evil.example', /is not encrypted/],
    ['http://localhost.evil.example', /is not encrypted/],
  ]
  for (const [base_url, expected] of wrong)
    it(`refuses ${base_url}`, () => expect(message({ base_url })).toMatch(expected))
  for (const base_url of [
    'http://localhost:3000',
    'http://127.0.0.1',
    'http://127.8.8.8:1/x',
    'http://[::1]:5',
  ]) {
    it(`takes ${base_url}: it does not leave this machine`, () =>
      expect(message({ base_url })).toBe('fine'))
  }
  it('takes plain http to elsewhere with plaintext: true', () =>
    expect(message({ base_url: 'http://intra.example', plaintext: true })).toBe('fine'))
})

describe('headers of the catalog', () => {
  const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ headers: { Authorization: 'Bearer x' } }, /put the value into a secret and use `auth`/],
    [{ headers: { Cookie: 'a=b' } }, /use `auth`/],
    [{ headers: { Host: 'evil' } }, /belongs to the connection/],
    [{ headers: { 'Transfer-Encoding': 'chunked' } }, /belongs to the connection/],
    [{ headers: { 'X-A': 'b\r\nHost: evil' } }, /no line break/],
    [{ headers: { 'X-A\r\nHost': 'b' } }, /not the name of a header/],
    [{ headers: { 'X-A': '1', 'x-a': '2' } }, /twice/],
    [
      { headers: { 'X-Api-Key': 'a' }, auth: { type: 'header', name: 'x-api-key', value: 'key' } },
      /is set by `auth`/,
    ],
    [
      { allow_headers: ['x-api-key'], auth: { type: 'header', name: 'X-Api-Key', value: 'key' } },
      /never the agent's/,
    ],
    [{ allow_headers: ['Host'] }, /never the agent/],
    [{ allow_headers: ['X-Forwarded-For'] }, /never the agent/],
    [{ allow_headers: ['x_forwarded_for'] }, /never the agent/],
    [{ allow_headers: ['X-HTTP-Method-Override'] }, /never the agent/],
    [{ allow_headers: ['Range'] }, /never the agent/],
    [{ response_headers: ['Set-Cookie'] }, /agents never see it/],
  ]
  for (const [settings, expected] of wrong)
    it(`refuses ${JSON.stringify(settings)}`, () => expect(message(settings)).toMatch(expected))
  it('takes what is harmless', () => {
    expect(
      settingsOf({
        headers: { 'X-GitHub-Api-Version': '2022-11-28' },
        allow_headers: ['X-Trace'],
        response_headers: ['X-Cost'],
      }),
    ).toMatchObject({
      headers: [['x-github-api-version', '2022-11-28']],
      allow_headers: ['x-trace'],
      response_headers: ['x-cost'],
    })
  })
})

describe('the rest', () => {
  const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ timeout: 30 }, /string/],
    [{ timeout: '30' }, /a time such as `30s`/],
    [{ timeout: '1h' }, /a time such as `30s`/],
    [{ timeout: '11m' }, /from 100ms to 10m/],
    [{ max_response: '1GiB' }, /a size such as/],
    [{ max_response: '65MiB' }, /from 1KiB to 64MiB/],
    [{ network: 'public' }, /private/],
    [{ ca: 'ca.pem' }, /absolute path/],
    [{ proxy: 'http://u:p@proxy.example:3128' }, /user name or password/],
    [{ proxy: 'http://proxy.example:3128/x' }, /must have no path/],
    [{ auth: { type: 'bearer' } }, /expected string/],
    [{ auth: { type: 'magic' } }, /discriminator/],
    [{ path: { encoded_slash: 'yes' } }, /boolean/],
  ]
  for (const [settings, expected] of wrong)
    it(`refuses ${JSON.stringify(settings)}`, () => expect(message(settings)).toMatch(expected))
  it('has defaults', () => {
    expect(settingsOf()).toMatchObject({
      timeout: 30_000,
      max_response: 1_048_576,
      plaintext: false,
      binary: true,
      path: { encoded_slash: false, semicolon: false },
    })
    expect(settingsOf({ timeout: '500ms', max_response: '64KiB' })).toMatchObject({
      timeout: 500,
      max_response: 65_536,
    })
    expect(settingsOf({ path: { semicolon: true } }).path).toEqual({
      encoded_slash: false,
      semicolon: true,
    })
  })
})
