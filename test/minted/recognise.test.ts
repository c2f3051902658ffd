import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/core/json.ts'
import { lint, lintRules } from '../../src/minted/lint-rules.ts'
import { recogniseJson, recogniseText } from '../../src/minted/recognise.ts'
import { RULE_KINDS } from '../../src/minted/rule-kinds.ts'
import { BASE62, HEX, JWT, LINT_SAMPLES, PEM, randomLike } from './samples.ts'

async function shownText(text: string): Promise<string> {
  const found = await recogniseText(text, true)
  return found.without(found.values.map(({ kind }) => `[${kind}]`))
}

async function shownJson(value: Json): Promise<Json> {
  const found = await recogniseJson(value, null)
  return found.without(found.values.map(({ kind }) => `[${kind}]`))
}

const UUID = '5f0c7a52-93f1-4b5e-8d1e-0a3c6a7e9b10'
const COMMIT = randomLike(40, HEX)

describe("the rules of @secretlint's set", () => {
  it('are listed with what they find, but those that must not run', () => {
    expect(Object.keys(RULE_KINDS).sort()).toEqual([...lintRules.keys()].sort())
    expect(lintRules.has('filter-comments')).toBe(false)
    expect(Object.keys(LINT_SAMPLES).sort()).toEqual(Object.keys(RULE_KINDS).sort())
  })

  it.each(Object.entries(LINT_SAMPLES))('find what rule %s is for', async (name, sample) => {
    expect(await lint(`is ${sample} here`, [name])).toHaveLength(1)
    expect(RULE_KINDS[name]?.anchor.test(sample)).toBe(true)
    const found = await recogniseText(`is ${sample} here`, true)
    expect(found.values.map(({ kind }) => kind)).toContain(RULE_KINDS[name]?.kind)
  })

  it('cannot be switched off by a word in the answer', async () => {
    const text = `// secretlint-disable\n${LINT_SAMPLES['github']} // secretlint-disable-line\n`
    expect(await shownText(text)).toBe(
      '// secretlint-disable\n[a github token] // secretlint-disable-line\n',
    )
  })
})

describe('a text', () => {
  const found: [what: string, text: string, shown: string][] = [
    ['a signed token', `token is ${JWT}.`, 'token is [a signed token (jwt)].'],
    ['one behind an escape', `Bearer%20${JWT}`, 'Bearer%20[a signed token (jwt)]'],
    [
      'a key in YAML',
      `tls:\n  key: |\n    ${PEM.replaceAll('\n', '\n    ')}\n  port: 1`,
      'tls:\n  key: |\n    [a private key]\n  port: 1',
    ],
    [
      'a key with escaped line ends',
      `{"k":"${PEM.replaceAll('\n', '\\n')}"}`,
      '{"k":"[a private key]"}',
    ],
    ['a key whose end is missing', `${PEM.slice(0, 200)}`, '[a private key]'],
    [
      'an age identity',
      `AGE-SECRET-KEY-1${randomLike(58, 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789')}`,
      '[an age identity]',
    ],
    ['a Google token', `ya29.${randomLike(60)}`, '[a google token]'],
    [
      'a password in an address',
      `redis://:${randomLike(24)}@cache:6379/0`,
      'redis://:[a password in an address]@cache:6379/0',
    ],
    [
      'an environment file',
      `PORT=80\nDB_PASSWORD=${randomLike(16)}\n`,
      'PORT=80\nDB_PASSWORD=[a password]\n',
    ],
    ['YAML', `client_secret: "${randomLike(32)}"\n`, 'client_secret: "[a secret]"\n'],
    [
      'a query',
      `/callback?access_token=${randomLike(32)}&state=1`,
      '/callback?access_token=[a token]&state=1',
    ],
    [
      'JSON in a string',
      `"{\\"api_key\\":\\"${randomLike(32)}\\"}"`,
      '"{\\"api_key\\":\\"[a key]\\"}"',
    ],
    ['a header', `authorization: Bearer ${randomLike(40)}`, 'authorization: Bearer [a credential]'],
    [
      'the XML of AWS STS',
      `<Credentials><AccessKeyId>ASIA${randomLike(16, 'ABCDEFGH234567')}</AccessKeyId><SecretAccessKey>${randomLike(40)}</SecretAccessKey><SessionToken>${randomLike(300, `${BASE62}+/`)}</SessionToken></Credentials>`,
      `<Credentials><AccessKeyId>ASIA${randomLike(16, 'ABCDEFGH234567')}</AccessKeyId><SecretAccessKey>[a secret key]</SecretAccessKey><SessionToken>[a token]</SessionToken></Credentials>`,
    ],
    [
      'an event stream',
      `event: done\ndata: {"id_token":"${JWT}"}\n\n`,
      'event: done\ndata: {"id_token":"[a signed token (jwt)]"}\n\n',
    ],
  ]
  it.each(found)('is shown without %s', async (_, text, shown) => {
    expect(await shownText(text)).toBe(shown)
  })

  const kept: [what: string, text: string][] = [
    ['a UUID', `id: ${UUID}`],
    ['a commit', `commit ${COMMIT}\nAuthor: A B <a@b.example>`],
    ['digests', `integrity: sha512-${randomLike(86)}==\nsha256:${randomLike(64, HEX)}`],
    ['an address', 'https://user@example.com:8080/a?b=c'],
    [
      'an example',
      'postgres://user:password@localhost/db\nAPI_KEY=your-api-key\nTOKEN=$TOKEN\nAPI_SECRET=<secret>',
    ],
    ['a masked value', 'password: ********\napi_key: sk-...a1b2'],
    [
      'a program',
      'const token = getToken(request.headers.authorization)\nlet password = form.password.value',
    ],
    [
      'prose',
      'The token: it is short. A password is a secret that only you know; an api key: ask the admin.',
    ],
    ['a key block without a key', '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----'],
    [
      'a public key',
      `-----BEGIN PUBLIC KEY-----\n${randomLike(64)}\n${randomLike(64)}\n-----END PUBLIC KEY-----`,
    ],
    ['a marker', 'access_token: [secret github_token]\ntoken=[part of a secret]'],
    ['the next page', `<https://api.example.com/a?page_token=${randomLike(40)}>; rel="next"`],
  ]
  it.each(kept)('keeps %s', async (_, text) => {
    expect(await shownText(text)).toBe(text)
  })

  it('is found the same wherever it stands, over the border of two pieces too', async () => {
    const token = LINT_SAMPLES['github'] ?? ''
    for (const at of [0, 65_500, 65_536, 81_880, 81_919, 81_920, 131_060, 200_000]) {
      const text = `${'x y '.repeat(60_000).slice(0, at)} ${token} z`
      const shown = await shownText(text)
      expect(shown.endsWith(' [a github token] z'), String(at)).toBe(true)
    }
  })

  it('that was cut off ends before what may be the start of one', async () => {
    const text = `${'word '.repeat(20_000)}${(LINT_SAMPLES['github'] ?? '').slice(0, 30)}`
    const found = await recogniseText(text, false)
    expect(text.startsWith(found.without([]))).toBe(true)
    expect(text.length - found.without([]).length).toBe(16_384)
    const key = `${'word '.repeat(10)}${PEM}${'word '.repeat(3_300)}`
    const shown = (await recogniseText(key, false)).without(['[key]'])
    expect(shown.startsWith(`${'word '.repeat(10)}[key]`)).toBe(true)
  })
})

describe('a JSON value', () => {
  const secret = randomLike(32)
  const found: [what: string, value: Json, shown: Json][] = [
    [
      'what a login answers',
      {
        access_token: secret,
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: UUID,
        scope: 'read write',
      },
      {
        access_token: '[a token]',
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: '[a token]',
        scope: 'read write',
      },
    ],
    [
      'what STS answers',
      {
        Credentials: {
          AccessKeyId: 'ASIAXXEXAMPLE',
          SecretAccessKey: randomLike(40),
          SessionToken: randomLike(300),
          Expiration: '2026-11-23T19:00:00Z',
        },
      },
      {
        Credentials: {
          AccessKeyId: 'ASIAXXEXAMPLE',
          SecretAccessKey: '[a secret key]',
          SessionToken: '[a token]',
          Expiration: '2026-11-23T19:00:00Z',
        },
      },
    ],
    ['a token of 40 hex digits', { token: COMMIT }, { token: '[a token]' }],
    [
      'a name in another case',
      { 'Client-Secret': secret, apiKey: secret },
      { 'Client-Secret': '[a secret]', apiKey: '[a key]' },
    ],
    [
      'a password',
      { user: 'bob', temporaryPassword: 'Xk9#mP2q' },
      { user: 'bob', temporaryPassword: '[a password]' },
    ],
    ['words', { passphrase: 'correct horse battery staple' }, { passphrase: '[a password]' }],
    [
      'codes',
      { recovery_codes: ['a8f3-k2m9-x7q1', 'b7d2-p4n8-z3w5'] },
      { recovery_codes: ['[a recovery code]', '[a recovery code]'] },
    ],
    [
      'a variable',
      [{ key: 'NPM_TOKEN', value: secret }],
      [{ key: 'NPM_TOKEN', value: '[a token]' }],
    ],
    [
      'a Kubernetes secret',
      { apiVersion: 'v1', kind: 'Secret', data: { user: 'YWRtaW4=' } },
      { apiVersion: 'v1', kind: 'Secret', data: { user: '[a kubernetes secret]' } },
    ],
    [
      'a private JWK',
      { kty: 'EC', x: 'abc', d: randomLike(43) },
      { kty: 'EC', x: 'abc', d: '[a private key]' },
    ],
    [
      'a key in lines',
      { lines: PEM.split('\n') },
      { lines: PEM.split('\n').map(() => '[a private key]') },
    ],
    ['a token that is a name', { [`${LINT_SAMPLES['github']}`]: 1 }, { '[a github token]': 1 }],
    [
      'a credential in a header',
      { authorization: `Bearer ${secret}` },
      { authorization: 'Bearer [a credential]' },
    ],
    [
      'an address',
      { url: `https://bot:${secret}@git.example.com` },
      { url: '[a password in an address]' },
    ],
  ]
  it.each(found)('is shown without %s', async (_, value, shown) => {
    expect(await shownJson(value)).toEqual(shown)
  })

  const kept: [what: string, value: Json][] = [
    [
      'the next page',
      {
        next_page_token: secret,
        nextToken: secret,
        NextContinuationToken: secret,
        cursor: secret,
        pageToken: secret,
      },
    ],
    [
      'what is said of a token',
      {
        token_type: 'Bearer',
        token_id: 7,
        max_tokens: 4096,
        token_endpoint: 'https://a.example/token',
        has_password: true,
        password_hint: 'a pet',
      },
    ],
    [
      'ids and digests',
      {
        id: UUID,
        sha: COMMIT,
        digest: `sha256:${randomLike(64, HEX)}`,
        etag: secret,
        request_token: UUID,
        upload_token: UUID,
      },
    ],
    [
      'a name in a place of a value',
      {
        secretKey: 'db-password',
        password: 'Passwort',
        api_key: '<your key>',
        secret: 'deploy_key',
      },
    ],
    ['a public JWK', { kty: 'RSA', n: randomLike(340), e: 'AQAB' }],
    ['null and empty', { password: null, access_token: '', client_secret: '        ' }],
    [
      'a schema',
      { properties: { password: { type: 'string', description: 'The password of the user' } } },
    ],
    [
      'a marker',
      { access_token: '[secret github_token]', password: '[withheld: looks like a password]' },
    ],
  ]
  it.each(kept)('keeps %s', async (_, value) => {
    expect(await shownJson(value)).toEqual(value)
  })

  it('says which value was asked for, whatever it looks like', async () => {
    const found = await recogniseJson({ 'a/b': ['x', 'plain words'], c: 'x' }, '/a~1b/1')
    expect(found.values).toEqual([
      { value: 'plain words', kind: 'the value to store', wanted: true },
    ])
    expect(found.without(['[m]'])).toEqual({ 'a/b': ['x', '[m]'], c: 'x' })
  })

  it('keeps a name `__proto__` a name', async () => {
    const value = JSON.parse(`{"__proto__":{"token":"${secret}"}}`) as Json
    expect(JSON.stringify(await shownJson(value))).toBe('{"__proto__":{"token":"[a token]"}}')
  })
})

describe('an attack on the time it takes', () => {
  const attacks: [what: string, unit: string][] = [
    ['tokens', `ghp_${randomLike(36)} `],
    ['fields', `"access_token":"${randomLike(32)}",`],
    ['signed tokens', `${JWT.slice(0, 200)} `],
  ]
  it.each(attacks)('by a megabyte of %s ends soon, and withholds all', async (_, unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    const started = performance.now()
    await expect(recogniseText(text, true)).rejects.toMatchObject({
      code: 'redaction_failed',
      message:
        'the message holds more than 500 things that look like credentials, so it is withheld',
    })
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  it.each([
    'eyJ',
    'eyJa.',
    '-----BEGIN PRIVATE KEY-----',
    '://a:',
    'token: ',
    'password="',
    '"',
    'ghp_',
  ])('by repeats of %j takes time in line with its length', async (unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    const started = performance.now()
    // Past the budget it refuses, which is as well.
    await recogniseText(text, true).catch(() => null)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
