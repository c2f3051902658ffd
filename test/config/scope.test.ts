import { describe, expect, it } from 'vitest'
import { readCatalog } from '../../src/config/catalog.ts'
import { problemText } from '../../src/config/problem.ts'
import { readScope } from '../../src/config/scope.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import type { Scope } from '../../src/core/snapshot.ts'
import { CATALOG, SCOPE } from '../support/config-home.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const read = (text: string, catalog = CATALOG) =>
  readScope('claude-code', text, readCatalog(catalog, fakeFamilies), fakeFamilies)
const said = (text: string) => read(text).problems.map(problemText)
const scopeOf = (text: string, catalog = CATALOG): Scope => {
  const { scope } = read(text, catalog)
  if (isRefusal(scope)) throw new Error(scope.message)
  return scope
}
const HEAD = 'agent: claude-code\ntools:\n  github:\n'
const rule = (line: string) => `${HEAD}    allow:\n      - ${line}\n`

describe('a scope file without a mistake', () => {
  it('gives each rule with its place, its data, its condition and its obligations', () => {
    const github = scopeOf(SCOPE).tools.get('github')
    expect(github?.limits).toEqual([
      { count: 100, window: 'hour' },
      { count: 5, window: 'minute' },
    ])
    expect(github?.rules).toMatchObject([
      {
        id: 'agents/claude-code.yaml:6:9',
        effect: 'allow',
        rule: { methods: ['GET'], paths: ['/user', '/repos/acme/site/**'] },
        condition: { op: 'one_of', fact: ['method'], values: ['GET'] },
        approval: null,
        limits: [],
      },
      {
        id: 'agents/claude-code.yaml:8:9',
        effect: 'allow',
        approval: 'human',
        limits: [{ count: 10, window: 'hour' }],
      },
      { id: 'agents/claude-code.yaml:13:9', effect: 'deny', condition: { op: 'true' } },
    ])
  })

  it('gives two rules on one line an id each', () => {
    const ids = scopeOf(SCOPE)
      .tools.get('plain')
      ?.rules.map(({ id }) => id)
    expect(ids).toEqual(['agents/claude-code.yaml:16:13', 'agents/claude-code.yaml:16:58'])
  })

  it.each([
    ['2027-03-31', '2027-04-01T00:00:00.000Z'],
    ['2024-02-29', '2024-03-01T00:00:00.000Z'],
    ['2027-03-31T18:00:00Z', '2027-03-31T18:00:00.000Z'],
    ['2027-03-31T18:00:00.5+09:00', '2027-03-31T09:00:00.500Z'],
  ])('takes `expires: %s` to end at %s', (written, end) => {
    const { expiresAt } = scopeOf(`agent: claude-code\nexpires: ${written}\ntools: {}\n`)
    expect(new Date(expiresAt ?? 0).toISOString()).toBe(end)
  })

  it('has the same key for a rule wherever it stands, and another once it says something else', () => {
    const keyOf = (text: string) => scopeOf(text).tools.get('github')?.rules[0]?.key
    const key = keyOf(rule('{ methods: [GET], paths: [/x], limit: 5/hour }'))
    expect(
      keyOf(`# moved\n\n${rule('limit: 5/hour\n        paths: [/x]\n        methods: ["GET"]')}`),
    ).toBe(key)
    expect(keyOf(rule('{ methods: [GET], paths: [/y], limit: 5/hour }'))).not.toBe(key)
  })

  it('keeps a rule that stands twice once, so that nothing is counted twice, and warns', () => {
    const text = `${rule('{ methods: [GET], paths: [/x] }')}      - { methods: [GET], paths: [/x] }\n`
    expect(scopeOf(text).tools.get('github')?.rules).toHaveLength(1)
    expect(said(text)).toEqual([
      'agents/claude-code.yaml:6:9 the same rule stands at agents/claude-code.yaml:5:9; remove one of the two',
    ])
  })

  it('carries the warnings of the tool type, each at its rule', () => {
    expect(read(SCOPE).problems).toEqual([
      {
        position: { file: 'agents/claude-code.yaml', line: 13, column: 9 },
        severity: 'warning',
        message: 'the upstream may have other names for this',
        fix: null,
      },
    ])
  })
})

describe('a scope file with a mistake is refused as a whole', () => {
  it.each([
    [
      'agent: cursor\ntools: {}\n',
      '1:8 the agent is `cursor`, and the file is agents/claude-code.yaml; write `agent: claude-code`, or rename the file',
    ],
    [
      'agent: Claude\ntools: {}\n',
      '1:8 `agent` must be lower-case letters, digits and `-`, at most 40, a letter first',
    ],
    [
      'agent: true\ntools: {}\n',
      '1:8 `true` is `true` or `false` to YAML, and `agent` must be text; write it in quotes: `"true"`',
    ],
    ['tools: {}\n', '1:1 `agent` is missing; add it'],
    ['agent: claude-code\n', '1:1 `tools` is missing; add it'],
    [
      'agent: claude-code\ntools:\n',
      '2:1 `tools` has no value; write `tools: {}`, or remove the line',
    ],
    [
      'agent: claude-code\ntools: []\n',
      '2:8 `tools` is an empty list; name at least one, or remove the line',
    ],
    [
      'agent: claude-code\nexpire: 2027-01-01\ntools: {}\n',
      '2:1 unknown key `expire`; did you mean `expires`',
    ],
    [
      'agent: claude-code\nexpires: 2027-02-30\ntools: {}\n',
      '2:10 `expires` must be a date (`2027-03-31`) or a time with its zone (`2027-03-31T18:00:00Z`)',
    ],
    [
      'agent: claude-code\nexpires: 2027-02-28T10:00:00\ntools: {}\n',
      '2:10 `expires` must be a date (`2027-03-31`) or a time with its zone (`2027-03-31T18:00:00Z`)',
    ],
    [
      'agent: claude-code\nexpires: 2027-02-28T24:00:00Z\ntools: {}\n',
      '2:10 `expires` must be a date (`2027-03-31`) or a time with its zone (`2027-03-31T18:00:00Z`)',
    ],
    [
      'agent: claude-code\nexpires: 2027\ntools: {}\n',
      '2:10 `expires` must be a date (`2027-03-31`) or a time with its zone (`2027-03-31T18:00:00Z`)',
    ],
    [
      'agent: claude-code\ntools: {}\n---\nagent: x\n',
      '4:1 a second document starts here; keep one document, without `---` inside',
    ],
    [
      '%YAML 1.1\n---\nagent: claude-code\ntools: {}\n',
      '1:1 directives (`%`) are not used here; remove the line',
    ],
    [
      'agent: claude-code\ntools: {\n',
      '3:1 the indentation is wrong here, or a bracket is not closed',
    ],
    ['agent: claude-code\ntools:\n\tgithub: x\n', '3:1 a tab cannot indent in YAML; use spaces'],
    ['agent: claude-code\ntools: {}\n? [a]\n: b\n', '3:3 a key must be text'],
    [
      'agent: claude-code\ntools:\n  githb:\n    allow: [{ methods: [GET], paths: [/x] }]\n',
      '3:3 there is no tool `githb` in the catalog; did you mean `github`',
    ],
    [HEAD, '3:3 `github` has no value; give it a value, or remove the line'],
    [
      'agent: claude-code\ntools:\n  github: {}\n',
      '3:3 `github` has no rule; add `allow:` with what is allowed, or remove it',
    ],
    [
      `${HEAD}    limit: 5/hour\n`,
      '3:3 `github` has no rule; add `allow:` with what is allowed, or remove it',
    ],
    [
      `${HEAD}    allow: []\n`,
      '4:12 `allow` is an empty list; name at least one, or remove the line',
    ],
    [
      `${HEAD}    allow:\n    # - methods: [GET]\n`,
      '4:5 `allow` has no value; give it a value, or remove the line',
    ],
    [`${HEAD}    allow: { methods: [GET] }\n`, '4:12 `allow` must be a list, not a map'],
    [
      `${HEAD}    alow: [{ methods: [GET], paths: [/x] }]\n`,
      '4:5 unknown key `alow`; did you mean `allow`',
    ],
    [
      rule('methods: [GET]\n        paths:\n        # - /x'),
      '6:9 `paths` has no value; give it a value, or remove the line',
    ],
    [
      rule('methods: [GET]\n        paths: []'),
      '6:16 `paths` is an empty list; name at least one, or remove the line',
    ],
    [rule('methods: [GET]'), '5:9 `paths` is missing; add it'],
    [rule('{}'), '5:9 this rule is empty; say what it is for, or remove it'],
    [rule('{ approval: human }'), '5:9 this rule is empty; say what it is for, or remove it'],
    [rule(''), '5:9 there is nothing here; give it a value, or remove the line'],
    [rule('hello'), '5:9 a rule of `allow` must be a map'],
    [
      rule('{ methods: [GTE], paths: [/x] }'),
      '5:21 `methods[0]` must be one of `GET`, `POST`, `DELETE`, `ANY`',
    ],
    [rule('{ methods: GET, paths: [/x] }'), '5:20 `methods` must be a list, not text'],
    [rule('{ methods: [GET], paths: [x] }'), '5:35 `paths[0]` must start with `/`'],
    [
      rule('{ methods: [GET], paths: [0123456789] }'),
      '5:35 `0123456789` is a number to YAML, and `paths[0]` must be text; write it in quotes: `"0123456789"`',
    ],
    [
      rule('{ methods: [GET], paths: [/x], aproval: human }'),
      '5:40 unknown key `aproval`; did you mean `approval`',
    ],
    [rule('{ methods: [GET], paths: [/x], approval: robot }'), '5:50 `approval` must be `human`'],
    [
      rule('{ methods: [GET], paths: [/x], limit: 10/week }'),
      '5:47 `limit` must be a number and a window: `100/hour` (second, minute, hour or day)',
    ],
    [
      rule('{ methods: [GET], paths: [/x], limit: 10 }'),
      '5:47 `limit` must be a number and a window: `100/hour` (second, minute, hour or day)',
    ],
    [
      rule('{ methods: [GET], paths: [/x], limit: 0/hour }'),
      '5:47 `limit` must be a number and a window: `100/hour` (second, minute, hour or day)',
    ],
    [
      rule('methods: [GET]\n        paths:\n          - *'),
      '7:13 `*` is an alias to YAML; quote it: `"*"`',
    ],
    [
      rule('methods: [GET]\n        paths: [**/x]'),
      '6:17 `*` is an alias to YAML; quote it: `"**/x"`',
    ],
    [`${HEAD}    deny: [{}]\n`, '4:12 this rule is empty; say what it is for, or remove it'],
    [
      `${HEAD}    deny: [{ paths: [/x], limit: 1/hour }]\n`,
      '4:27 only an `allow` rule can have `limit`; remove it',
    ],
    [
      `${HEAD}    deny: [{ paths: [/x], approval: human }]\n`,
      '4:27 only an `allow` rule can have `approval`; remove it',
    ],
  ])('%j', (text, problem) => {
    expect(said(text)).toEqual([`agents/claude-code.yaml:${problem}`])
    const { scope } = read(text)
    expect(scope).toMatchObject({ refused: true, reason: 'config_error' })
  })

  it('is refused for one mistake among good rules, and names the first of several', () => {
    const text = SCOPE.replace('paths: [/user,', 'pathes: [/user,').replace(
      'methods: [ANY]',
      'methods: []',
    )
    expect(read(text).scope).toEqual({
      refused: true,
      reason: 'config_error',
      message:
        'agents/claude-code.yaml:6:9 `paths` is missing (and 2 more: `keyhand scope check` shows them)',
      fix: 'add it',
    })
  })

  it('is refused where it has more rules than anyone reviews', () => {
    const many = Array.from(
      { length: 2001 },
      (_, i) => `      - { methods: [GET], paths: [/p${i}] }`,
    ).join('\n')
    expect(said(`${HEAD}    allow:\n${many}\n`)).toEqual([
      'agents/claude-code.yaml:1:1 there are more than 2000 rules',
    ])
  })
})

describe('a tool that is wrong in the catalog', () => {
  const broken = CATALOG.replace('base_url: https://api.github.com', 'base_url: 5')

  it('spoils no other tool of the scope', () => {
    const scope = scopeOf(SCOPE, broken)
    expect(scope.tools.get('plain')?.rules).toHaveLength(2)
  })

  it('keeps its rules as they stand, but an allow never matches and a deny always does', () => {
    const rules = scopeOf(SCOPE, broken).tools.get('github')?.rules
    expect(rules?.map(({ effect, condition }) => [effect, condition])).toEqual([
      ['allow', { op: 'not', of: { op: 'true' } }],
      ['allow', { op: 'not', of: { op: 'true' } }],
      ['deny', { op: 'true' }],
    ])
    expect(rules?.map(({ key }) => key)).toEqual(
      scopeOf(SCOPE)
        .tools.get('github')
        ?.rules.map(({ key }) => key),
    )
  })

  it('does not blame the scope for a catalog that cannot be read at all', () => {
    expect(isRefusal(read(SCOPE, 'version: 1\n  secrets: {').scope)).toBe(false)
  })

  it('is a mistake at the rule where the tool type itself fails, and its words are not shown', () => {
    const families = {
      ...fakeFamilies,
      toolTypes: new Map(
        [...fakeFamilies.toolTypes].map(([name, type]) => [
          name,
          {
            ...type,
            condition: () => {
              throw new TypeError('planted-value')
            },
          },
        ]),
      ),
    }
    const { problems } = readScope('claude-code', SCOPE, readCatalog(CATALOG, families), families)
    expect(problems.map(problemText)[0]).toBe(
      'agents/claude-code.yaml:6:9 `allow rule` could not be understood',
    )
    expect(JSON.stringify(problems)).not.toContain('planted-value')
  })
})
