import { describe, expect, it } from 'vitest'
import { readCatalog } from '../../src/config/catalog.ts'
import { problemText } from '../../src/config/problem.ts'
import { readScope } from '../../src/config/scope.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const BASE = `version: 1
secrets:
  key: { provider: fake-vault, path: prod/key, tags: { environment: production } }
  extra: { provider: fake-chain }
  role: { provider: fake-vault, path: role, login: key }
tools:
  api:
    type: fake-api
    description: the API
    base_url: https://api.example
    auth: { type: bearer, token: key }
  both:
    type: fake-api
    base_url: https://api.example
    auth: { type: basic, username: extra, password: key }
profiles:
`

const catalogOf = (...lines: string[]) =>
  readCatalog([BASE.trimEnd(), ...lines.map((line) => `  ${line}`), ''].join('\n'), fakeFamilies)
const said = (...lines: string[]) => catalogOf(...lines).problems.map(problemText)

const under = (catalog: ReturnType<typeof catalogOf>, name: string) => {
  const profile = catalog.profiles.get(name)
  if (profile === undefined) throw new Error(`no profile ${name}`)
  return profile
}

const DEV = [
  'dev:',
  '  secrets:',
  '    key: { provider: fake-chain }',
  '    extra: { provider: fake-vault, path: dev/extra }',
  '  tools:',
  '    api: { base_url: "https://sandbox.example" }',
]

describe('a profile of the catalog', () => {
  it('says itself how what it gives is redacted, and inherits nothing of that', () => {
    const relaxed = BASE.replace('extra: { provider: fake-chain', '$&, redact: off')
    const catalog = readCatalog(
      `${relaxed}  dev: { secrets: { key: { provider: fake-chain, redact: exact-word } } }
  test: { secrets: { extra: { provider: fake-vault, path: test/extra } } }
`,
      fakeFamilies,
    )
    expect(catalog.problems).toEqual([])
    const policies = (secrets: typeof catalog.secrets) =>
      ['key', 'extra']
        .map((name) => secrets.get(name))
        .map((one) => one !== undefined && 'redact' in one && one.redact)
    expect(policies(catalog.secrets)).toEqual(['full', 'off'])
    expect(policies(under(catalog, 'dev').secrets)).toEqual(['exact-word', 'off'])
    expect(policies(under(catalog, 'test').secrets)).toEqual([false, 'full'])
  })

  it('says what is other in it, and leaves the rest as it stands', () => {
    const catalog = catalogOf(...DEV)
    expect(catalog.problems).toEqual([])
    const { secrets, tools } = under(catalog, 'dev')
    expect(secrets.get('key')).toMatchObject({ provider: 'fake-chain', tags: {} })
    expect(tools.get('api')).toMatchObject({
      settings: { base_url: 'https://sandbox.example', auth: { token: 'key' } },
      description: 'the API',
      secrets: ['key'],
    })
    expect(tools.get('both')).toMatchObject({ settings: { base_url: 'https://api.example' } })
    expect(catalog.secrets.get('key')).toMatchObject({ provider: 'fake-vault' })
    expect(catalog.tools.get('api')).toMatchObject({
      settings: { base_url: 'https://api.example' },
    })
  })

  it('must give every secret of a tool that it changes, so that no real one goes elsewhere', () => {
    const lines = [
      'dev:',
      '  secrets: { key: { provider: fake-chain } }',
      '  tools: { both: { base_url: "https://sandbox.example" } }',
    ]
    expect(said(...lines)).toEqual([
      'keyhand.yaml:19:14 the profile `dev` changes `both`, and does not give its secret `extra`: the real one could go elsewhere; add another place for it to `profiles.dev.secrets`',
    ])
    expect(under(catalogOf(...lines), 'dev').tools.get('both')).toMatchObject({
      refused: true,
      reason: 'config_error',
    })
    expect(catalogOf(...lines).tools.get('both')).toMatchObject({ name: 'both' })
  })

  it.each(['headers: { x-trace: "1" }', 'retries: 2', 'auth: { type: bearer, token: extra }'])(
    'must do so whatever it changes: %s',
    (setting) => {
      const lines = ['live:', '  production: true', `  tools: { api: { ${setting} } }`]
      expect(said(...lines)[0]).toContain('could go elsewhere')
      expect(isRefusal(under(catalogOf(...lines), 'live').tools.get('api'))).toBe(true)
    },
  )

  it('may give another description without that', () => {
    const lines = [
      'prod:',
      '  production: true',
      '  tools: { api: { description: the real thing } }',
    ]
    expect(said(...lines)).toEqual([])
    expect(under(catalogOf(...lines), 'prod').tools.get('api')).toMatchObject({
      description: 'the real thing',
    })
  })

  it('must give them other values than they have without it', () => {
    const lines = [
      'dev:',
      '  secrets: { key: { provider: fake-vault, path: prod/key, cache: 1m } }',
      '  tools: { api: { base_url: "https://sandbox.example" } }',
    ]
    expect(said(...lines)).toEqual([
      'keyhand.yaml:19:14 the profile `dev` changes `api`, and gives its secret `key` the value that it has without the profile: the real one could go elsewhere; add another place for it to `profiles.dev.secrets`',
    ])
  })

  it('uses no secret for production, nor what is fetched with one', () => {
    const { secrets, tools } = under(catalogOf('dev: {}'), 'dev')
    const why =
      'the secret `key` is tagged `environment: production`, and the profile `dev` is not for production'
    expect(secrets.get('key')).toMatchObject({ message: why })
    expect(secrets.get('role')).toMatchObject({ message: why })
    expect(secrets.get('extra')).toMatchObject({ name: 'extra' })
    expect(tools.get('api')).toMatchObject({
      message: `the secret \`key\` of this tool cannot be used: ${why}`,
      fix: 'give it another value in `profiles.dev.secrets`',
    })
  })

  it('refuses one for production in whatever case it is written, also one of its own', () => {
    const own = 'key: { provider: fake-chain, tags: { environment: Production } }'
    const { secrets } = under(catalogOf('dev:', '  secrets:', `    ${own}`), 'dev')
    expect(isRefusal(secrets.get('key'))).toBe(true)
  })

  it('may use them where it says that it is for production', () => {
    const { tools } = under(catalogOf('live: { production: true }'), 'live')
    expect(tools.get('api')).toMatchObject({ name: 'api' })
  })

  it.each([
    [
      'dev: { secrets: { kye: { provider: fake-chain } } }',
      '17:21 there is no secret `kye` in the catalog for a profile to change; known here: `key`, `extra`, `role`',
    ],
    [
      'dev: { tools: { apy: { retries: 1 } } }',
      '17:19 there is no tool `apy` in the catalog for a profile to change; did you mean `api`',
    ],
    ['dev: { secret: {} }', '17:10 unknown key `secret`; did you mean `secrets`'],
    [
      'dev: { tools: { api: { type: fake-faulty } } }',
      '17:26 a profile cannot change the type of a tool; remove it',
    ],
    [
      'none: {}',
      '17:3 no profile can have the name `none`: it stands for the catalog as it is; give it another name',
    ],
    [
      'Dev: {}',
      '17:3 the name `Dev` must be lower-case letters, digits and `-`, at most 40, a letter first',
    ],
    ['dev: { production: "yes" }', '17:22 `production` must be `true` or `false`, not text'],
  ])('refuses all under it where a name or key is wrong: %s', (line, problem) => {
    const catalog = catalogOf(line)
    expect(said(line)[0]).toBe(`keyhand.yaml:${problem}`)
    expect(catalog.refusal).toBeNull()
    expect([...catalog.profiles.values()][0]?.refusal).toMatchObject({ reason: 'config_error' })
  })

  it('refuses the entry alone where the mistake is inside one', () => {
    const lines = ['dev:', '  secrets: { extra: { provider: nowhere } }']
    expect(said(...lines)).toEqual([
      'keyhand.yaml:18:35 unknown provider `nowhere`; known here: `fake-chain`, `fake-vault`',
    ])
    const { secrets, refusal } = under(catalogOf(...lines), 'dev')
    expect(refusal).toBeNull()
    expect(isRefusal(secrets.get('extra'))).toBe(true)
    expect(isRefusal(catalogOf(...lines).secrets.get('extra'))).toBe(false)
  })
})

describe('the profiles of a scope file', () => {
  const catalog = catalogOf(...DEV, 'live: { production: true }')
  const scopeOf = (line: string, wanted: string | null = null) =>
    readScope(
      'tester',
      `agent: tester\n${line}\ntools:\n  api: { allow: [{ methods: [GET], paths: [/x] }] }\n`,
      catalog,
      fakeFamilies,
      wanted,
    )
  const urlOf = ({ catalog: effective }: ReturnType<typeof scopeOf>) => {
    const tool = effective.tools.get('api')
    return tool === undefined || isRefusal(tool) ? null : tool.settings
  }

  it('are what its agent runs under, the first where nothing else is picked', () => {
    expect(scopeOf('profiles: [dev, none]').profile).toBe('dev')
    expect(urlOf(scopeOf('profiles: [dev, none]'))).toMatchObject({
      base_url: 'https://sandbox.example',
    })
    expect(scopeOf('profiles: [dev, live]', 'live').profile).toBe('live')
  })

  it.each<[string, string | null]>([
    ['', null],
    ['', 'none'],
    ['profiles: [none, dev]', null],
    ['profiles: [dev, none]', 'none'],
  ])('leave the catalog as it stands: %j, picked %j', (line, wanted) => {
    const read = scopeOf(line, wanted)
    expect(read.profile).toBeNull()
    expect(isRefusal(read.scope)).toBe(false)
    expect(urlOf(read)).toMatchObject({ base_url: 'https://api.example' })
  })

  it.each([
    [
      '',
      'dev',
      'start keyhand without `--profile`, or ask the human to list it in agents/tester.yaml',
    ],
    [
      'profiles: [dev]',
      'live',
      'start keyhand with one that it lists (`dev`), or ask the human to add it',
    ],
    [
      'profiles: [dev]',
      'none',
      'start keyhand with one that it lists (`dev`), or ask the human to add it',
    ],
  ])('are all that may be picked: %j does not let %j through', (line, wanted, fix) => {
    expect(scopeOf(line, wanted).scope).toEqual({
      refused: true,
      reason: 'config_error',
      message: `agents/tester.yaml does not list the profile \`${wanted}\``,
      fix,
    })
  })

  it('must be in the catalog', () => {
    expect(scopeOf('profiles: [dve]').problems.map(problemText)).toEqual([
      'agents/tester.yaml:2:12 there is no profile `dve` in the catalog; known here: `dev`, `live`, `none`',
    ])
  })

  it.each(['profiles: []', 'profiles: dev', 'profiles:'])(
    'must be a list with something in it: %s',
    (line) => {
      expect(isRefusal(scopeOf(line).scope)).toBe(true)
    },
  )
})

describe('tags that a rule asks for', () => {
  const scopeOf = (rule: string) =>
    readScope(
      'tester',
      `agent: tester\ntools:\n  api: { ${rule} }\n`,
      catalogOf('dev: {}'),
      fakeFamilies,
    )

  it('stand in the rule', () => {
    const { scope } = scopeOf(
      'allow: [{ methods: [GET], paths: [/x], secrets: { tags: { environment: [staging, test] } } }]',
    )
    expect(isRefusal(scope) ? scope : scope.tools.get('api')?.rules[0]).toMatchObject({
      rule: { methods: ['GET'], paths: ['/x'] },
      secretTags: { environment: ['staging', 'test'] },
    })
  })

  it.each([
    [
      'deny: [{ paths: [/x], secrets: { tags: { a: [b] } } }]',
      'only an `allow` rule can have `secrets`',
    ],
    [
      'allow: [{ methods: [GET], paths: [/x], secrets: { tags: {} } }]',
      '`secrets.tags` must not be empty',
    ],
    [
      'allow: [{ methods: [GET], paths: [/x], secrets: { tags: { a: b } } }]',
      '`secrets.tags.a` must be a list, not text',
    ],
    ['allow: [{ methods: [GET], paths: [/x], secrets: { tag: { a: [b] } } }]', 'unknown key `tag`'],
    ['allow: [{ secrets: { tags: { a: [b] } } }]', 'this rule is empty'],
  ])('are refused where they are wrong: %s', (rule, problem) => {
    expect(scopeOf(rule).problems.map(({ message }) => message)).toContain(problem)
  })
})
