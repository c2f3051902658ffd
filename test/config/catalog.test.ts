import { describe, expect, it } from 'vitest'
import { readCatalog } from '../../src/config/catalog.ts'
import { problemText } from '../../src/config/problem.ts'
import { CATALOG } from '../support/config-home.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const read = (text: string) => readCatalog(text, fakeFamilies)
const said = (text: string) => read(text).problems.map(problemText)

describe('a catalog without a mistake', () => {
  it('gives each secret with its provider’s reference, and defaults where it says nothing', () => {
    const { secrets, refusal, problems } = read(CATALOG)
    expect(refusal).toBeNull()
    expect(problems).toEqual([])
    expect([...secrets.values()]).toEqual([
      {
        name: 'api_key',
        provider: 'fake-chain',
        reference: {},
        instance: 'fake-chain',
        cacheMs: 0,
        staleIfErrorMs: 0,
        timeoutMs: null,
        overlapMs: null,
        tags: {},
        needs: [],
        watch: 'always',
        redact: 'full',
        position: { file: 'keyhand.yaml', line: 4, column: 3 },
      },
      {
        name: 'login',
        provider: 'fake-vault',
        reference: { path: 'kv/login' },
        instance: 'fake-vault',
        cacheMs: 300_000,
        leaseCacheMs: 300_000,
        staleIfErrorMs: 0,
        timeoutMs: null,
        overlapMs: null,
        tags: {},
        needs: [],
        watch: 'always',
        redact: 'full',
        position: { file: 'keyhand.yaml', line: 5, column: 3 },
      },
    ])
  })

  it('gives each tool with its type’s settings and the secrets that it needs', () => {
    expect([...read(CATALOG).tools.values()]).toMatchObject([
      { name: 'github', type: 'fake-api', description: 'GitHub REST API', secrets: ['api_key'] },
      { name: 'plain', type: 'fake-api', description: null, secrets: [] },
    ])
  })

  it.each(['full', 'exact-word', 'off', '"off"'])('takes the redaction %s', (word) => {
    const { secrets, problems } = read(
      `version: 1\nsecrets:\n  a: { provider: fake-chain, redact: ${word} }\n`,
    )
    expect(problems).toEqual([])
    expect(secrets.get('a')).toMatchObject({ redact: word.replaceAll('"', '') })
  })

  it.each([
    ['0', 0],
    ['"0"', 0],
    ['45s', 45_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
  ])('reads `cache: %s` as %d ms', (written, ms) => {
    const { secrets } = read(
      `version: 1\nsecrets:\n  a: { provider: fake-chain, cache: ${written} }\n`,
    )
    expect(secrets.get('a')).toMatchObject({ cacheMs: ms })
  })

  it('may have nothing but a version and empty settings', () => {
    expect(read('version: 1\nsettings: {}\n').refusal).toBeNull()
  })
})

describe('a mistake outside of the entries refuses all', () => {
  it.each([
    ['', 'keyhand.yaml:1:1 the file is empty'],
    ['# nothing\n', 'keyhand.yaml:1:1 the file is empty'],
    ['- a\n', 'keyhand.yaml:1:1 `keyhand.yaml` must be a map, not a list'],
    ['version: 2\n', 'keyhand.yaml:1:10 `version` must be `1`'],
    ['secrets: {}\n', 'keyhand.yaml:1:1 `version` is missing; add it: `1`'],
    ['version: 1\ntool: {}\n', 'keyhand.yaml:2:1 unknown key `tool`; did you mean `tools`'],
    [
      'version: 1\nsecrets:\n',
      'keyhand.yaml:2:1 `secrets` has no value; write `secrets: {}`, or remove the line',
    ],
    ['version: 1\ntools: [a]\n', 'keyhand.yaml:2:8 `tools` must be a map, not a list'],
    ['version: 1\nsettings: { x: 1 }\n', 'keyhand.yaml:2:13 unknown key `x`; remove it'],
    [
      'version: 1\nversion: 1\n',
      'keyhand.yaml:2:1 the key `version` is here twice; keep one of the two',
    ],
    [
      'version: 1\nsecrets: {1: {}}\n',
      'keyhand.yaml:2:11 the key `1` is not text to YAML; write it in quotes',
    ],
  ])('%j', (text, problem) => {
    const { refusal } = read(text)
    expect(said(text)).toEqual([problem])
    expect(refusal).toMatchObject({ refused: true, reason: 'config_error' })
    expect(problem).toContain(refusal?.message)
  })
})

const secret = (line: string) =>
  `version: 1\nsecrets:\n  ${line}\n  good: { provider: fake-chain }\n`

describe('a mistake inside a secret refuses that secret alone', () => {
  it.each([
    [
      'a: { provider: fake-chian }',
      '3:18 unknown provider `fake-chian`; did you mean `fake-chain`',
    ],
    [
      'a: { provider: vault9 }',
      '3:18 unknown provider `vault9`; known here: `fake-chain`, `fake-vault`',
    ],
    ['a: {}', '3:3 `a` has no `provider`; known here: `fake-chain`, `fake-vault`'],
    ['a: { provider: 5 }', '3:18 `provider` must be text'],
    ['a: { provider: fake-vault }', '3:3 `path` is missing; add it'],
    ["a: { provider: fake-vault, path: '' }", '3:36 `path` must not be empty'],
    ['a: { provider: fake-vault, path: [x] }', '3:36 `path` must be text, not a list'],
    [
      'a: { provider: fake-vault, path: 0123456789 }',
      '3:36 `0123456789` is a number to YAML, and `path` must be text; write it in quotes: `"0123456789"`',
    ],
    [
      'a: { provider: fake-vault, path: x, feild: y }',
      '3:39 unknown key `feild`; did you mean `field`',
    ],
    ['a: { provider: fake-chain, cahce: 5m }', '3:30 unknown key `cahce`; did you mean `cache`'],
    [
      'a: { provider: fake-chain, cache: 5x }',
      '3:37 `cache` must be a length of time: `30s`, `5m`, `1h` or `0`',
    ],
    [
      'a: { provider: fake-chain, cache: 5 }',
      '3:37 `cache` must be a length of time: `30s`, `5m`, `1h` or `0`',
    ],
    ['a: { provider: fake-chain, cache: 25h }', '3:37 `cache` must be at most `24h`'],
    [
      'a: { provider: fake-chain, watch: allways }',
      '3:37 `watch` must be one of `always`, `used`; did you mean `always`',
    ],
    [
      'a: { provider: fake-chain, redact: exact }',
      '3:38 `redact` must be one of `full`, `exact-word`, `off`',
    ],
    [
      'a: { provider: fake-chain, redact: exact_word }',
      '3:38 `redact` must be one of `full`, `exact-word`, `off`; did you mean `exact-word`',
    ],
    [
      'a: { provider: fake-chain, redact: false }',
      '3:38 `redact` must be one of `full`, `exact-word`, `off`',
    ],
    [
      'a: { provider: fake-chain, redacted: off }',
      '3:30 unknown key `redacted`; did you mean `redact`',
    ],
    ['a:', '3:3 `a` has no value; give it a value, or remove the line'],
    ['a: *b', '3:6 `*` is an alias to YAML; quote it: `"*b"`'],
    [
      'a: &b { provider: fake-chain }',
      '3:3 anchors (`&`) are not used here; remove the anchor, or quote the text',
    ],
    [
      'a: { provider: !!str fake-chain }',
      '3:8 tags (`!`) are not used here; remove the tag, or quote the text',
    ],
    [
      'a: { <<: {}, provider: fake-chain }',
      '3:8 merge keys (`<<`) are not used here; write the values out',
    ],
    ['a: { __proto__: {}, provider: fake-chain }', '3:8 this key is not allowed; remove it'],
    [
      'A: { provider: fake-chain }',
      '3:3 the name `A` must be lower-case letters, digits, `-` and `_`, at most 40, a letter first, without the prefix `keyhand_`',
    ],
    [
      'keyhand_a: { provider: fake-chain }',
      '3:3 the name `keyhand_a` must be lower-case letters, digits, `-` and `_`, at most 40, a letter first, without the prefix `keyhand_`',
    ],
  ])('%s', (line, problem) => {
    const text = secret(line)
    const { secrets, refusal } = read(text)
    expect(said(text)).toEqual([`keyhand.yaml:${problem}`])
    expect(refusal).toBeNull()
    expect(secrets.get('good')).toMatchObject({ name: 'good' })
    expect(secrets.get(line.split(':')[0] ?? '')).toMatchObject({
      refused: true,
      reason: 'config_error',
    })
  })

  it('refuses one that is named twice, whichever was meant', () => {
    const text = secret('good: { provider: fake-vault, path: x }')
    expect(said(text)).toEqual([
      'keyhand.yaml:4:3 the key `good` is here twice; keep one of the two',
    ])
    expect(read(text).secrets.get('good')).toMatchObject({ refused: true })
  })
})

const tool = (line: string) =>
  `version: 1\nsecrets: { key: { provider: fake-chain }, bad: { provider: no } }\ntools:\n  ${line}\n  good: { type: fake-api, base_url: "https://a.example" }\n`
const badSecret = 'keyhand.yaml:2:60 unknown provider `no`; known here: `fake-chain`, `fake-vault`'
const api = 'a: { type: fake-api, base_url: "https://a.example"'

describe('a mistake inside a tool refuses that tool alone', () => {
  it.each([
    ['a: { type: fake-apy }', '4:14 unknown tool type `fake-apy`; did you mean `fake-api`'],
    ['a: { type: fake-api }', '4:3 `base_url` is missing; add it'],
    ['a: { type: fake-api, base_url: here }', '4:34 `base_url` must be a URL'],
    [`${api}, retries: 9 }`, '4:64 `retries` must be at most 5'],
    [`${api}, retries: 1.5 }`, '4:64 `retries` must be a whole number'],
    [`${api}, auth: [x] }`, '4:61 `auth` must be a map, not a list'],
    [
      `${api}, auth: { token: key } }`,
      '4:55 `auth.type` is missing; add it: one of `bearer`, `basic`',
    ],
    [
      `${api}, auth: { type: bearr, token: key } }`,
      '4:69 `auth.type` must be one of `bearer`, `basic`; did you mean `bearer`',
    ],
    [
      `${api}, auth: { type: bearer, token: key, user: x } }`,
      '4:89 unknown key `user`; known here: `type`, `token`',
    ],
    [
      `${api}, auth: { type: bearer, token: kee } }`,
      '4:84 there is no secret `kee` in the catalog; did you mean `key`',
    ],
    [
      `${api}, auth: { type: bearer, token: github_token } }`,
      '4:84 there is no secret `github_token` in the catalog; add it with `keyhand secret set github_token`',
    ],
    [
      `${api}, headers: { a: 1 } }`,
      '4:69 `1` is a number to YAML, and `headers.a` must be text; write it in quotes: `"1"`',
    ],
    [
      `${api}, headers: { a: 12345678901234567890 } }`,
      '4:69 `12345678901234567890` is a number that cannot be kept exactly; write it in quotes',
    ],
    [`${api}, descripton: x }`, '4:55 unknown key `descripton`; did you mean `description`'],
    ['a: { type: fake-faulty }', '4:6 `a` could not be understood'],
    ['a: hello', '4:6 `a` must be a map that says what the tool does'],
  ])('%s', (line, problem) => {
    const text = tool(line)
    const { tools, refusal } = read(text)
    expect(said(text)).toEqual([badSecret, `keyhand.yaml:${problem}`])
    expect(refusal).toBeNull()
    expect(tools.get('good')).toMatchObject({ name: 'good' })
    expect(tools.get('a')).toMatchObject({ refused: true, reason: 'config_error' })
  })

  it('refuses a tool that needs a secret with a mistake, and says which and where', () => {
    const text = tool(`${api}, auth: { type: bearer, token: bad } }`)
    expect(said(text)).toEqual([badSecret])
    expect(read(text).tools.get('a')).toMatchObject({
      reason: 'config_error',
      message:
        'the secret `bad` of this tool cannot be used: keyhand.yaml:2:60 unknown provider `no`',
    })
  })
})

describe('a value put where its name belongs', () => {
  const planted = [
    'ghp_plantedPlantedPlanted0123456789abcd',
    'sk_live_51plantedplanted',
    'a1b2c3d4e5f6a7b8c9d0e1f2',
  ]

  it.each(planted)('is in no message: %s', (value) => {
    const places = [
      secret(`a: ${value}`),
      secret(`a: { provider: ${value} }`),
      secret(`a: { provider: fake-chain, ${value}: x }`),
      secret(`${value}: { provider: x }`),
      secret(`a: { provider: fake-vault, path: ${value} *`),
      tool(`${api}, auth: { type: bearer, token: ${value} } }`),
      tool(`${api}, auth: { type: ${value}, token: key } }`),
      tool(`a: { type: ${value} }`),
    ]
    for (const text of places) {
      expect(read(text).problems).not.toEqual([])
      expect(JSON.stringify(read(text).problems)).not.toContain(value)
    }
  })

  it('is met with what belongs there', () => {
    const text = tool(`${api}, auth: { type: bearer, token: ${planted[0]} } }`)
    expect(said(text)[1]).toBe(
      'keyhand.yaml:4:84 the name of a secret stands here, never its value; add the secret below `secrets:`, and write its name here',
    )
  })
})
