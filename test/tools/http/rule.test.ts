import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HttpRule } from '../../../src/tools/http/rule.ts'
import { textLike } from '../../support/text-like.ts'
import { holds } from './condition-holds.ts'
import { matches } from './reference-matcher.ts'
import { actionOf, allow, deny, settingsOf, tool } from './samples.ts'

const LENIENT = settingsOf({ path: { encoded_slash: true, semicolon: true } })

/** Whether an allow or deny matches a call, by its condition over the call's facts. */
function ruleMatches(
  effect: 'allow' | 'deny',
  rule: HttpRule,
  input: Record<string, unknown>,
): boolean {
  return holds(tool.condition(rule, effect, LENIENT), actionOf(input, LENIENT).facts)
}

describe('what an allow must say', () => {
  const right = { methods: ['GET'], paths: ['/user'] }
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['no methods', { paths: ['/user'] }, /methods|expected/i],
    ['no paths', { methods: ['GET'] }, /paths|expected/i],
    ['null methods', { ...right, methods: null }, /expected/],
    ['empty methods', { ...right, methods: [] }, /is empty: name a method/],
    ['empty paths', { ...right, paths: [] }, /is empty: name a path/],
    ['a method in lower case', { ...right, methods: ['get'] }, /GET/],
    ['CONNECT', { ...right, methods: ['CONNECT'] }, /GET/],
    ['ANY beside a method', { ...right, methods: ['ANY', 'GET'] }, /write \[ANY\]/],
    ['a path without its slash', { ...right, paths: ['user'] }, /does not start with/],
    ['two **', { ...right, paths: ['/**/a/**'] }, /two rules/],
    ['an unknown key', { ...right, path: ['/user'] }, /path/],
    ['a query value that is a number', { ...right, query: { page: [1] } }, /string/],
    ['a query without values', { ...right, query: { page: [] } }, /is empty: name a value/],
  ]
  it('takes methods and paths', () => expect(tool.rules.allow.safeParse(right).success).toBe(true))
  for (const [what, rule, message] of wrong) {
    it(`refuses ${what}`, () => {
      expect(tool.rules.allow.safeParse(rule).error?.message).toMatch(message)
    })
  }
})

describe('what a deny must say', () => {
  for (const rule of [
    { methods: ['DELETE'] },
    { paths: ['/admin/**'] },
    { query: { force: ['true'] } },
  ]) {
    it(`takes ${JSON.stringify(rule)} alone`, () =>
      expect(tool.rules.deny.safeParse(rule).success).toBe(true))
  }
  it('refuses nothing at all, and an empty query', () => {
    expect(tool.rules.deny.safeParse({}).error?.message).toMatch(/says nothing: name `methods`/)
    expect(tool.rules.deny.safeParse({ query: {} }).error?.message).toMatch(/is empty/)
    expect(tool.rules.deny.safeParse({ paths: null }).success).toBe(false)
  })
})

describe('an allow is exact', () => {
  const rule = { methods: ['GET'], paths: ['/repos/acme/site/**', '/user'] }
  const allows: readonly Record<string, unknown>[] = [
    { path: '/user' },
    { path: '/repos/acme/site' },
    { path: '/repos/acme/site/issues/1' },
  ]
  const allowsNot: readonly Record<string, unknown>[] = [
    { path: '/user', method: 'HEAD' },
    { path: '/user', method: 'OPTIONS' },
    { path: '/user', method: 'POST' },
    { path: '/user/' },
    { path: '/USER' },
    { path: '/user;x=1' },
    { path: '/user%2Fkeys' },
    { path: '/repos/acme/other' },
    { path: '/repos/acme%2Fsite/issues' },
    { path: '/repos/ACME/site/issues' },
  ]
  for (const input of allows)
    it(`allows ${JSON.stringify(input)}`, () =>
      expect(ruleMatches('allow', rule, input)).toBe(true))
  for (const input of allowsNot)
    it(`does not allow ${JSON.stringify(input)}`, () =>
      expect(ruleMatches('allow', rule, input)).toBe(false))
})

describe('a query in an allow means that no other key may be sent', () => {
  const values = {
    methods: ['GET'],
    paths: ['/**'],
    query: { state: ['open', 'closed'], page: ['ANY'] },
  }
  const table: readonly (readonly [Record<string, unknown>, boolean])[] = [
    [{}, true],
    [{ state: 'open' }, true],
    [{ page: 7 }, true],
    [{ state: ['open', 'closed'], page: [1, 2] }, true],
    [{ state: 'all' }, false],
    [{ state: ['open', 'all'] }, false],
    [{ State: 'open' }, false],
    [{ page: 1, other: 1 }, false],
    [{ 'state=open&x': '1' }, false],
    [{ page: '1&admin=1' }, true],
  ]
  for (const [query, expected] of table) {
    it(`${expected ? 'allows' : 'does not allow'} ${JSON.stringify(query)}`, () => {
      expect(ruleMatches('allow', values, { query })).toBe(expected)
    })
  }
  it('allows any query without it, and none with {}', () => {
    expect(ruleMatches('allow', { methods: ['GET'], paths: ['/**'] }, { query: { any: 1 } })).toBe(
      true,
    )
    expect(ruleMatches('allow', { ...values, query: {} }, { query: { any: 1 } })).toBe(false)
    expect(ruleMatches('allow', { ...values, query: {} }, {})).toBe(true)
  })
  it('allows only values with values alone, and only keys with ANY alone', () => {
    expect(ruleMatches('allow', { ...values, query: { a: ['1'] } }, { query: { a: '1' } })).toBe(
      true,
    )
    expect(ruleMatches('allow', { ...values, query: { a: ['1'] } }, { query: { a: '2' } })).toBe(
      false,
    )
    expect(ruleMatches('allow', { ...values, query: { a: ['ANY'] } }, { query: { a: '2' } })).toBe(
      true,
    )
    expect(ruleMatches('allow', { ...values, query: { a: ['ANY'] } }, { query: { b: '2' } })).toBe(
      false,
    )
  })
})

describe('a deny over-matches', () => {
  const rule = { paths: ['/repos/acme/payroll'] }
  for (const path of [
    '/repos/acme/payroll',
    '/repos/acme/PAYROLL',
    '/repos/acme/payroll/',
    '/repos/acme/payroll;v=1',
    '/repos/acme%2Fpayroll',
    '/repos/acme/p%61yroll',
    '/repos/acme/payroll.',
    '/repos/acme/\uff50ayroll',
  ]) {
    it(`matches ${path}`, () =>
      expect(ruleMatches('deny', rule, { path, method: 'DELETE' })).toBe(true))
  }
  it('does not match another path', () =>
    expect(ruleMatches('deny', rule, { path: '/repos/acme/site' })).toBe(false))
  for (const query of [
    { force: 'true' },
    { FORCE: 'True' },
    { 'force[]': ['no', 'TRUE'] },
    { force: true, x: 1 },
  ]) {
    it(`matches the query ${JSON.stringify(query)}`, () => {
      expect(ruleMatches('deny', { query: { force: ['true'] } }, { query })).toBe(true)
    })
  }
  it('matches any value of a key with ANY, and not another key', () => {
    expect(ruleMatches('deny', { query: { force: ['ANY'] } }, { query: { Force: '' } })).toBe(true)
    expect(ruleMatches('deny', { query: { force: ['ANY'] } }, { query: { forced: '1' } })).toBe(
      false,
    )
  })
})

describe('the rule that a refusal suggests', () => {
  const segment = fc.constantFrom('a', 'B', 'a.b', '%2A', '%2A%2A', 'x%20y', 'é', '1', ':id', '(a)')
  const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`)
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE')

  it('is valid, allows that call, and no other method or path', () => {
    fc.assert(
      fc.property(method, path, method, path, (oneMethod, onePath, otherMethod, otherPath) => {
        const one = actionOf({ method: oneMethod, path: onePath })
        const other = actionOf({ method: otherMethod, path: otherPath })
        const condition = tool.condition(
          tool.rules.allow.parse(tool.ruleFor(one)),
          'allow',
          LENIENT,
        )
        const queried = actionOf({ method: oneMethod, path: onePath, query: { page: '2' } })
        expect(holds(condition, queried.facts)).toBe(false)
        expect(holds(condition, one.facts)).toBe(true)
        expect(holds(condition, other.facts)).toBe(
          one.verb === other.verb && one.path === other.path,
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('names the query that was sent, and allows no other', () => {
    const rule = tool.ruleFor(actionOf({ path: '/a', query: { page: ['2', '3'], q: 'x y' } }))
    expect(rule).toEqual({
      methods: ['GET'],
      paths: ['/a'],
      query: { page: ['2', '3'], q: ['x y'] },
    })
    const condition = tool.condition(tool.rules.allow.parse(rule), 'allow', LENIENT)
    const allowed = (query: Record<string, string>) =>
      holds(condition, actionOf({ path: '/a', query }).facts)
    expect(allowed({ page: '2', q: 'x y' })).toBe(true)
    expect(allowed({ page: '4' })).toBe(false)
    expect(allowed({ other: '2' })).toBe(false)
  })

  it('is none where a value is the word for any value', () => {
    expect(tool.ruleFor(actionOf({ path: '/a', query: { page: 'ANY' } }))).toBeNull()
  })

  it('says nothing of the query where only the trail is left', () => {
    const { verb, target, path } = actionOf({ path: '/a', query: { page: '2' } })
    expect(tool.ruleFor({ verb, target, path, request: null })).toEqual({
      methods: ['GET'],
      paths: ['/a'],
    })
  })
})

describe('any pattern and path', () => {
  const word = fc.constantFrom('a', 'b', 'ab', 'A', 'a.b', 'é', '%20', 'report-1.json', '')
  const patternWord = fc.oneof(word, fc.constantFrom('*', 'a*', '*b', 'report-*.json', '*.*', '**'))
  const path = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => `/${words.join('/')}`)
  const pattern = fc
    .array(patternWord, { minLength: 1, maxLength: 5 })
    .map((words) => `/${words.join('/')}`)
  const valid = (text: string) => !/\/\/|.\/\//.test(text) && (text.match(/\*\*/g)?.length ?? 0) < 2

  it('is allowed exactly where an independent matcher says so, and denied at least there', () => {
    fc.assert(
      fc.property(pattern.filter(valid), path.filter(valid), (patternText, pathText) => {
        const { facts, path: text } = actionOf({ path: pathText })
        const rule = { methods: ['ANY'], paths: [patternText] }
        const expected = matches(patternText, text ?? '')
        expect(holds(tool.condition(rule, 'allow', LENIENT), facts)).toBe(expected)
        if (expected) expect(holds(tool.condition(rule, 'deny', LENIENT), facts)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('warnings', () => {
  it('names a deny that is narrower than an allow that overlaps it', () => {
    const rules = [
      allow({ methods: ['GET'], paths: ['/repos/acme/**'] }),
      deny({ paths: ['/repos/ACME/payroll'] }),
    ]
    expect(tool.warnings(rules)).toEqual([
      {
        index: 1,
        message: textLike(
          /`\/repos\/ACME\/payroll` out of what `\/repos\/acme\/\*\*` allows: the upstream may have other names/,
        ),
      },
    ])
  })
  const silent: readonly (readonly [string, Parameters<typeof tool.warnings>[0]])[] = [
    [
      'a deny beside the allows',
      [allow({ methods: ['GET'], paths: ['/a/**'] }), deny({ paths: ['/b'] })],
    ],
    [
      'a deny of other methods',
      [allow({ methods: ['GET'], paths: ['/a/**'] }), deny({ methods: ['POST'], paths: ['/a/b'] })],
    ],
    [
      'a deny that covers the allow',
      [allow({ methods: ['GET'], paths: ['/a/*'] }), deny({ paths: ['/**'] })],
    ],
    [
      'a deny by method alone',
      [allow({ methods: ['ANY'], paths: ['/**'] }), deny({ methods: ['DELETE'] })],
    ],
  ]
  for (const [what, rules] of silent)
    it(`says nothing of ${what}`, () => expect(tool.warnings(rules)).toEqual([]))
})
