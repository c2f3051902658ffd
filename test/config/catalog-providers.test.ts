import { describe, expect, it } from 'vitest'
import { readCatalog } from '../../src/config/catalog.ts'
import { problemText } from '../../src/config/problem.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const read = (...lines: string[]) =>
  readCatalog(['version: 1', ...lines, ''].join('\n'), fakeFamilies)
const said = (...lines: string[]) => read(...lines).problems.map(problemText)

describe('the providers of a catalog', () => {
  it('give their settings to each secret that names them, under its own', () => {
    const { secrets, problems } = read(
      'providers:',
      '  fake-vault: { address: "https://a.example", cache: 1m, field: x }',
      '  eu: { type: fake-vault, address: "https://eu.example", stale_if_error: 1h, timeout: 5s }',
      'secrets:',
      '  a: { provider: fake-vault, path: kv/a }',
      '  b: { provider: eu, path: kv/b }',
      '  c: { provider: eu, path: kv/c, address: "https://c.example", cache: 0 }',
    )
    expect(problems).toEqual([])
    expect([...secrets.values()]).toMatchObject([
      {
        provider: 'fake-vault',
        instance: 'fake-vault',
        reference: { path: 'kv/a', address: 'https://a.example', field: 'x' },
        cacheMs: 60_000,
      },
      {
        provider: 'fake-vault',
        instance: 'eu',
        reference: { path: 'kv/b', address: 'https://eu.example' },
        cacheMs: 300_000,
        staleIfErrorMs: 3_600_000,
        timeoutMs: 5_000,
      },
      { instance: 'eu', reference: { address: 'https://c.example' }, cacheMs: 0 },
    ])
  })

  it.each([
    ['eu: { adress: x, type: fake-vault }', '3:9 unknown key `adress`; did you mean `address`'],
    ['eu: { type: fake-vault, address: here }', '3:36 `address` must be a URL'],
    ['eu: { type: fake-vualt }', '3:15 unknown provider `fake-vualt`; did you mean `fake-vault`'],
    ['eu: { type: 5 }', '3:15 `type` must be text'],
    [
      'eu: { address: "https://a.example" }',
      '3:3 `eu` has no `type`, and is none itself; add `type`; known here: `fake-chain`, `fake-vault`',
    ],
    [
      'fake-chain: { type: fake-vault }',
      '3:3 `fake-chain` is itself a provider, and cannot name one of type `fake-vault`; give it another name',
    ],
    [
      'eu: { type: fake-vault, tags: { a: b } }',
      '3:27 unknown key `tags`; known here: `path`, `field`, `ttl_words`, `address`, `login`, `type`, `cache`, `stale_if_error`, `timeout`, `watch`',
    ],
    [
      'eu: { type: fake-vault, cache: 5x }',
      '3:34 `cache` must be a length of time: `30s`, `5m`, `1h` or `0`',
    ],
    ['eu: fake-vault', '3:7 `eu` must be a map that says how to reach the provider'],
    [
      'EU: { type: fake-vault }',
      '3:3 the name `EU` must be lower-case letters, digits, `-` and `_`, at most 40, a letter first, without the prefix `keyhand_`',
    ],
    ['eu: *b', '3:7 `*` is an alias to YAML; quote it: `"*b"`'],
  ])('are read with their mistakes: %s', (line, problem) => {
    const lines = [
      'providers:',
      `  ${line}`,
      'secrets:',
      '  good: { provider: fake-vault, path: x }',
    ]
    expect(said(...lines)).toEqual([`keyhand.yaml:${problem}`])
    expect(read(...lines).refusal).toBeNull()
    expect(read(...lines).secrets.get('good')).toMatchObject({ name: 'good' })
  })

  it('refuse each secret of one with a mistake, and name the mistake once', () => {
    const lines = [
      'providers:',
      '  eu: { type: fake-vault, adress: x }',
      'secrets:',
      '  a: { provider: eu, path: x }',
    ]
    expect(said(...lines)).toEqual([
      'keyhand.yaml:3:27 unknown key `adress`; did you mean `address`',
    ])
    expect(read(...lines).secrets.get('a')).toMatchObject({
      reason: 'config_error',
      message: 'the provider of this secret cannot be used: keyhand.yaml:3:27 unknown key `adress`',
    })
  })

  it('say at the secret what neither has', () => {
    expect(
      said('providers:', '  eu: { type: fake-vault }', 'secrets:', '  a: { provider: eu }'),
    ).toEqual(['keyhand.yaml:5:3 `path` is missing; add it'])
  })

  it('are what "did you mean" of a secret knows', () => {
    expect(
      said(
        'providers:',
        '  vault-eu: { type: fake-vault }',
        'secrets:',
        '  a: { provider: vault-ue }',
      ),
    ).toEqual(['keyhand.yaml:5:18 unknown provider `vault-ue`; did you mean `vault-eu`'])
  })
})

describe('a secret that its provider needs to log in', () => {
  it('is found in the catalog, wherever it stands', () => {
    const { secrets, problems } = read(
      'secrets:',
      '  a: { provider: fake-vault, path: x, login: b }',
      '  b: { provider: fake-vault, path: y, login: c }',
      '  c: { provider: fake-chain }',
    )
    expect(problems).toEqual([])
    expect(secrets.get('a')).toMatchObject({ needs: [{ name: 'b', needs: [{ name: 'c' }] }] })
    expect(secrets.get('c')).toMatchObject({ needs: [] })
  })

  it('may be named by the provider for all its secrets', () => {
    const { secrets } = read(
      'providers: { fake-vault: { login: c } }',
      'secrets:',
      '  a: { provider: fake-vault, path: x }',
      '  c: { provider: fake-chain }',
    )
    expect(secrets.get('a')).toMatchObject({ needs: [{ name: 'c' }] })
  })

  it('must be there', () => {
    expect(
      said(
        'secrets:',
        '  a: { provider: fake-vault, path: x, login: bb }',
        '  b: { provider: fake-chain }',
      ),
    ).toEqual(['keyhand.yaml:3:46 there is no secret `bb` in the catalog; did you mean `b`'])
  })

  it('is never shown where it is a value instead of a name', () => {
    const value = 'hvs.plantedPlantedPlanted0123456789'
    const { problems } = read('secrets:', `  a: { provider: fake-vault, path: x, login: ${value} }`)
    expect(problems.map(problemText)).toEqual([
      'keyhand.yaml:3:46 the name of a secret stands here, never its value; add the secret below `secrets:`, and write its name here',
    ])
    expect(JSON.stringify(problems)).not.toContain(value)
  })

  it('must not need it in turn: a cycle is named, and refuses all that are in it', () => {
    const lines = [
      'secrets:',
      '  a: { provider: fake-vault, path: x, login: b }',
      '  b: { provider: fake-vault, path: y, login: a }',
      '  own: { provider: fake-vault, path: z, login: own }',
      '  free: { provider: fake-chain }',
    ]
    const { secrets } = read(...lines)
    expect(said(...lines)).toEqual([
      'keyhand.yaml:4:46 to fetch `a`, keyhand needs `b`, keyhand needs `a`: that has no start; let one of them come from a provider that needs no secret: the keychain or the encrypted file',
      'keyhand.yaml:5:48 to fetch `own`, keyhand needs `own`: that has no start; let one of them come from a provider that needs no secret: the keychain or the encrypted file',
    ])
    for (const name of ['a', 'b', 'own'])
      expect(secrets.get(name)).toMatchObject({ refused: true, reason: 'config_error' })
    expect(secrets.get('free')).toMatchObject({ name: 'free' })
  })

  it('refuses what needs it where it has a mistake itself', () => {
    const { secrets } = read(
      'secrets:',
      '  a: { provider: fake-vault, path: x, login: b }',
      '  b: { provider: nowhere }',
    )
    expect(secrets.get('a')).toMatchObject({
      message:
        'the secret `b` that its provider logs in with cannot be used: keyhand.yaml:4:18 unknown provider `nowhere`',
    })
  })
})

describe('what a secret says of its rotation and tags', () => {
  const secret = (fields: string) => ['secrets:', `  a: { provider: fake-chain, ${fields} }`]

  it('is read', () => {
    const { secrets, problems } = read(
      ...secret('rotation: overlap, grace: 10m, tags: { environment: production, team: web }'),
    )
    expect(problems).toEqual([])
    expect(secrets.get('a')).toMatchObject({
      overlapMs: 600_000,
      tags: { environment: 'production', team: 'web' },
    })
  })

  it.each([
    ['rotation: overlap', '3:3 `rotation` and `grace` go together; add `grace: 10m`'],
    ['grace: 10m', '3:3 `rotation` and `grace` go together; add `rotation: overlap`'],
    ['rotation: swap, grace: 1m', '3:40 `rotation` must be `overlap`'],
    [
      'tags: { Env: x }',
      '3:38 the name `tags.Env` must be lower-case letters, digits, `-` and `_`, a letter first',
    ],
    [
      'tags: { env: 5 }',
      '3:43 `5` is a number to YAML, and `tags.env` must be text; write it in quotes: `"5"`',
    ],
    ['timeout: 10m', '3:39 `timeout` must be `1s` to `2m`'],
  ])('is refused where it is wrong: %s', (fields, problem) => {
    expect(said(...secret(fields))).toEqual([`keyhand.yaml:${problem}`])
  })
})
