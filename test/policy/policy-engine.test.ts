import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { describe, expect, test } from 'vitest'
import type { Condition } from '../../src/core/condition.ts'
import { BrokerError } from '../../src/core/errors.ts'
import type { Cedar } from '../../src/policy/cedar.ts'
import { createPolicyEngine } from '../../src/policy/policy-engine.ts'
import { ALWAYS, FACTS, guardrail, method, rule, slice, webAction } from './policy-samples.ts'

const NOW = Date.parse('2027-03-31T12:00:00Z')
const engine = createPolicyEngine({ facts: FACTS })
const get = webAction('GET', '/repos/acme')

describe('rules', () => {
  test('allows what an allow rule matches, and names it', async () => {
    const decision = await engine.decide(get, slice([rule(3, 'allow', method('GET'))]), NOW)
    expect(decision).toEqual({
      effect: 'allow',
      reason: 'allowed',
      rules: ['agents/robot.yaml:3:9'],
      approval: null,
      limits: [],
      detail: null,
    })
  })

  test('denies what no rule matches', async () => {
    const decision = await engine.decide(get, slice([rule(3, 'allow', method('POST'))]), NOW)
    expect(decision).toMatchObject({ effect: 'deny', reason: 'no_rule', rules: [] })
  })

  test('denies everything where there is no rule at all', async () => {
    expect(await engine.decide(get, slice([]), NOW)).toMatchObject({ reason: 'no_rule' })
  })

  test('lets a deny win over an allow, whichever stands first', async () => {
    const allow = (line: number) =>
      rule(line, 'allow', ALWAYS, { approval: 'human', limits: [HOURLY] })
    for (const rules of [
      [allow(2), rule(3, 'deny', method('GET'))],
      [rule(3, 'deny', method('GET')), allow(4)],
    ]) {
      expect(await engine.decide(get, slice(rules), NOW)).toEqual({
        effect: 'deny',
        reason: 'denied',
        rules: ['agents/robot.yaml:3:9'],
        approval: null,
        limits: [],
        detail: null,
      })
    }
  })

  test('names all rules that determined it, in the order of the file', async () => {
    const lines = [100, 9, 20]
    const rules = lines.map((line) => rule(line, 'allow', ALWAYS))
    expect((await engine.decide(get, slice(rules), NOW)).rules).toEqual([
      'agents/robot.yaml:9:9',
      'agents/robot.yaml:20:9',
      'agents/robot.yaml:100:9',
    ])
  })

  test('keeps two rules on one line apart', async () => {
    const deny = { ...rule(3, 'deny', method('GET')), id: 'agents/robot.yaml:3:40' }
    const decision = await engine.decide(get, slice([rule(3, 'allow', ALWAYS), deny]), NOW)
    expect(decision).toMatchObject({ reason: 'denied', rules: ['agents/robot.yaml:3:40'] })
  })

  test('refuses two rules with the same id, since one would hide the other', async () => {
    const rules = [rule(3, 'deny', method('GET')), rule(3, 'allow', ALWAYS)]
    expect(await engine.decide(get, slice(rules), NOW)).toMatchObject({
      effect: 'deny',
      reason: 'policy_error',
      detail: 'two rules have the id `agents/robot.yaml:3:9`',
    })
  })

  test('keeps quotes, wildcards and Cedar text in a value a value', async () => {
    const odd = 'GET") || true || ("*\\" // */ permit(principal,action,resource);'
    const equals: Condition = { op: 'equals', fact: ['method'], value: odd }
    const glob: Condition = { op: 'glob', fact: ['method'], parts: [{ literal: odd }] }
    const star: Condition = { op: 'glob', fact: ['method'], parts: [{ literal: 'G*' }] }
    for (const condition of [equals, glob, star, method(odd)]) {
      const decision = await engine.decide(get, slice([rule(3, 'allow', condition)]), NOW)
      expect(decision.reason).toBe('no_rule')
    }
    const same = webAction(odd, '/')
    for (const condition of [equals, glob, method(odd)]) {
      const decision = await engine.decide(same, slice([rule(3, 'allow', condition)]), NOW)
      expect(decision.reason).toBe('allowed')
    }
  })

  test('is not fooled by an agent or tool whose name holds Cedar text', async () => {
    const agent = 'x" || Agent::"robot'
    const decision = await engine.decide(get, slice([rule(3, 'allow', ALWAYS)], { agent }), NOW)
    expect(decision.reason).toBe('allowed')
  })
})

const HOURLY = { count: 100, window: 'hour' } as const
const DAILY = { count: 200, window: 'day' } as const

describe('obligations', () => {
  test('hold together: approval where any rule asks, and every limit', async () => {
    const rules = [
      rule(2, 'allow', ALWAYS, { limits: [HOURLY, DAILY] }),
      rule(3, 'allow', ALWAYS, { approval: 'human' }),
      rule(4, 'allow', method('GET'), { limits: [HOURLY] }),
      rule(5, 'allow', method('POST'), { limits: [{ count: 1, window: 'day' }] }),
    ]
    const decision = await engine.decide(get, slice(rules, { toolLimits: [DAILY] }), NOW)
    expect(decision.approval).toBe('human')
    expect(decision.limits).toEqual([
      { limit: DAILY, ruleKey: null },
      { limit: HOURLY, ruleKey: 'key-2' },
      { limit: DAILY, ruleKey: 'key-2' },
      { limit: HOURLY, ruleKey: 'key-4' },
    ])
  })

  test('does not ask for approval where the rule that asks does not match', async () => {
    const asking = rule(3, 'allow', method('POST'), { approval: 'human' })
    const decision = await engine.decide(get, slice([rule(2, 'allow', ALWAYS), asking]), NOW)
    expect(decision).toMatchObject({ effect: 'allow', approval: null })
  })

  test('counts the same rule on two lines once', async () => {
    const limits = [HOURLY]
    const rules = [2, 3].map((line) => rule(line, 'allow', ALWAYS, { key: 'same', limits }))
    const decision = await engine.decide(get, slice(rules), NOW)
    expect(decision.limits).toEqual([{ limit: HOURLY, ruleKey: 'same' }])
  })
})

describe('expiry', () => {
  const never = () => Promise.reject(new Error('Cedar was loaded'))
  const rules = [rule(3, 'allow', ALWAYS)]

  test('denies from the very moment on, without loading Cedar', async () => {
    const idle = createPolicyEngine({ facts: FACTS, load: never })
    for (const now of [NOW, NOW + 1, Number.NaN]) {
      const decision = await idle.decide(get, slice(rules, { expiresAt: NOW }), now)
      expect(decision).toMatchObject({ effect: 'deny', reason: 'expired', rules: [] })
    }
  })

  test('allows until the moment before', async () => {
    const decision = await engine.decide(get, slice(rules, { expiresAt: NOW }), NOW - 1)
    expect(decision.effect).toBe('allow')
  })
})

describe('guardrails', () => {
  const allowed = [rule(3, 'allow', ALWAYS)]
  const decide = (text: string, action = get) =>
    engine.decide(action, slice(allowed, { guardrails: [guardrail(text)] }), NOW)

  test('forbid what the scope allows, and are named by file, line and column', async () => {
    const text =
      '// no reads\n\n  forbid(principal, action == Action::"web:call", resource) when { context.method == "GET" };'
    expect(await decide(text)).toMatchObject({
      effect: 'deny',
      reason: 'denied',
      rules: ['policies/guard.cedar:3:3'],
    })
    expect(await decide(text, webAction('POST', '/'))).toMatchObject({ effect: 'allow' })
  })

  test('may ask about the agent, the tool and any fact', async () => {
    const text = (when: string) =>
      `forbid(principal, action == Action::"web:call", resource) when { ${when} };`
    for (const when of [
      'principal.name == "robot"',
      'principal == Agent::"robot"',
      'resource.type == "web" && resource.name == "site"',
      'context.path has f0 && context.path.f0 == "repos"',
      'context.folded.kept.n == 2',
    ]) {
      expect((await decide(text(when))).reason, when).toBe('denied')
    }
    expect((await decide(text('principal == Agent::"other"'))).reason).toBe('allowed')
  })

  test('of a file with an error refuse every call, with file and line', async () => {
    expect(await decide('permit(principal, action, resource);')).toMatchObject({
      effect: 'deny',
      reason: 'policy_error',
      rules: ['policies/guard.cedar:1:1'],
      detail:
        'policies/guard.cedar:1:1: a guardrail may only forbid; a `permit` would widen every scope',
    })
  })

  test('of a file with an error refuse even what no rule allows, and before a good file is asked', async () => {
    const guardrails = [
      guardrail('forbid(principal, action, resource);'),
      guardrail('nonsense', 'policies/z.cedar'),
    ]
    const decision = await engine.decide(get, slice([], { guardrails }), NOW)
    expect(decision).toMatchObject({ reason: 'policy_error', rules: ['policies/z.cedar:1:9'] })
  })

  test('that fail while they are evaluated deny the call that they were skipped for', async () => {
    const text = `forbid(principal, action == Action::"web:call", resource)
      when { context.query.n + 9223372036854775807 > 0 && false || context.query.n * 9223372036854775807 > 1 };`
    const facts = { query: { n: 3, keys: [], pairs: [] } }
    expect(await decide(text, webAction('GET', '/', facts))).toEqual({
      effect: 'deny',
      reason: 'policy_error',
      rules: ['policies/guard.cedar:1:1'],
      approval: null,
      limits: [],
      detail: 'a rule could not be evaluated',
    })
  })
})

describe('faults are denies', () => {
  const rules = [rule(3, 'allow', ALWAYS)]
  const loadFaulty = (fault: Partial<Cedar>) => () => Promise.resolve({ ...cedar, ...fault })
  const failure = () => ({ type: 'failure' as const, errors: [], warnings: [] })
  const trap = () => {
    throw Object.assign(new Error('unreachable: CANARY-VALUE'), { name: 'RuntimeError' })
  }
  const answer =
    (decision: 'allow' | 'deny', reason: string[], errors: cedar.AuthorizationError[] = []) =>
    () => ({
      type: 'success' as const,
      warnings: [],
      response: { decision, diagnostics: { reason, errors } },
    })
  const error = {
    policyId: 'agents/robot.yaml:3:9',
    error: { message: 'CANARY-VALUE', help: null, code: null, url: null, severity: null },
  }
  const own = 'agents/robot.yaml:3:9'

  test.each([
    [
      'loading fails',
      () => Promise.reject(new Error('CANARY-VALUE')),
      'the policy engine failed with Error',
    ],
    [
      'parsing traps',
      loadFaulty({ preparsePolicySet: trap }),
      'the policy engine failed with RuntimeError',
    ],
    ['parsing fails', loadFaulty({ preparsePolicySet: failure }), 'the rules could not be parsed'],
    [
      'deciding traps',
      loadFaulty({ statefulIsAuthorized: trap }),
      'the policy engine failed with RuntimeError',
    ],
    [
      'deciding fails',
      loadFaulty({ statefulIsAuthorized: failure }),
      'the request could not be decided',
    ],
    [
      'an error stands beside an allow',
      loadFaulty({ statefulIsAuthorized: answer('allow', [own], [error]) }),
      'a rule could not be evaluated',
    ],
    [
      'an allow has no reason',
      loadFaulty({ statefulIsAuthorized: answer('allow', []) }),
      'the answer contradicts the rules',
    ],
    [
      'an allow has an unknown reason',
      loadFaulty({ statefulIsAuthorized: answer('allow', ['policy0']) }),
      'the answer contradicts the rules',
    ],
    [
      'a deny has an allow as its reason',
      loadFaulty({ statefulIsAuthorized: answer('deny', [own]) }),
      'the answer contradicts the rules',
    ],
  ])('where %s', async (_, load, detail) => {
    const faulty = createPolicyEngine({ facts: FACTS, load })
    const decision = await faulty.decide(get, slice(rules), NOW)
    expect(decision).toMatchObject({ effect: 'deny', reason: 'policy_error', limits: [], detail })
    expect(JSON.stringify(decision)).not.toContain('CANARY')
  })

  test('and a load that failed once is tried again', async () => {
    let loads = 0
    const load = () => (loads++ === 0 ? Promise.reject(new Error('no')) : Promise.resolve(cedar))
    const faulty = createPolicyEngine({ facts: FACTS, load })
    expect((await faulty.decide(get, slice(rules), NOW)).reason).toBe('policy_error')
    expect((await faulty.decide(get, slice(rules), NOW)).reason).toBe('allowed')
  })

  test('and a failing check of guardrails throws an error of ours', async () => {
    const faulty = createPolicyEngine({ facts: FACTS, load: loadFaulty({ policyToJson: trap }) })
    const files = [guardrail('forbid(principal, action, resource);')]
    await expect(faulty.checkGuardrails(files)).rejects.toThrow(
      new BrokerError('policy_failed', 'Cedar failed with RuntimeError'),
    )
    const decision = await faulty.decide(get, slice(rules, { guardrails: files }), NOW)
    expect(decision.reason).toBe('policy_error')
  })

  test.each([
    ['of another tool', { ...get, tool: 'other' }, 'the action is of another tool'],
    ['of another type', { ...get, type: 'data' }, 'the action is of another tool'],
    ['without a fact', { ...get, facts: {} }, 'the fact `method` is missing'],
    [
      'with an unknown fact',
      webAction('GET', '/', { extra: 1 }),
      'the fact `extra` is not in the schema',
    ],
    [
      'with a text for a number',
      webAction('GET', '/', { query: { n: '0', keys: [], pairs: [] } }),
      'the fact `query.n` is not an integer',
    ],
    [
      'with an entity for a text',
      webAction('GET', '/', { method: { __entity: { type: 'Agent', id: 'x' } } }),
      'the fact `method` is not a text',
    ],
    [
      'with a fraction',
      webAction('GET', '/', { query: { n: 0.5, keys: [], pairs: [] } }),
      'the fact `query.n` is not an integer',
    ],
    ['with half a surrogate pair', webAction('\ud800', '/'), 'the fact `method` is not a text'],
  ])('where the action is %s', async (_, action, detail) => {
    const decision = await engine.decide(action, slice(rules), NOW)
    expect(decision).toMatchObject({ effect: 'deny', reason: 'policy_error', detail })
  })

  test('where a rule asks for a fact that its type does not have, or of another kind', async () => {
    const conditions: Condition[] = [
      { op: 'equals', fact: ['access'], value: 'read' },
      { op: 'equals', fact: ['method'], value: 1 },
      { op: 'has', fact: ['constructor'] },
      { op: 'has', fact: [] },
      { op: 'not', of: { op: 'glob', fact: ['headers'], parts: [] } },
    ]
    for (const condition of conditions) {
      const decision = await engine.decide(get, slice([...rules, rule(4, 'deny', condition)]), NOW)
      expect(decision.reason).toBe('policy_error')
      expect(decision.detail).toMatch(
        /^a rule asks for `.*` in a way that its tool type does not have$/,
      )
    }
  })

  test('where the tool type is unknown', async () => {
    const action = { ...get, type: 'ftp' }
    const decision = await engine.decide(action, slice(rules, { type: 'ftp' }), NOW)
    expect(decision).toMatchObject({
      reason: 'policy_error',
      detail: 'there is no tool type `ftp`',
    })
  })
})

describe('pre-parsed slices', () => {
  test('are parsed once each, also when calls alternate', async () => {
    let parsed = 0
    const preparsePolicySet: Cedar['preparsePolicySet'] = (id, set) => {
      parsed++
      return cedar.preparsePolicySet(id, set)
    }
    const counting = createPolicyEngine({
      facts: FACTS,
      load: () => Promise.resolve({ ...cedar, preparsePolicySet }),
    })
    const one = slice([rule(3, 'allow', method('GET'))])
    const two = slice([rule(3, 'allow', method('POST'))])
    for (let call = 0; call < 5; call++) {
      expect((await counting.decide(get, one, NOW)).effect).toBe('allow')
      expect((await counting.decide(get, two, NOW)).effect).toBe('deny')
    }
    expect(parsed).toBe(2)
  })

  test('use few names in 10,000 reloads, and an older slice still decides by its own rules', async () => {
    const names = new Map<string, number>()
    let parsed = 0
    const preparsePolicySet: Cedar['preparsePolicySet'] = (id, set) => {
      names.set(id, (names.get(id) ?? 0) + 1)
      // A failure now and then must not hand one slice's name to another.
      return ++parsed % 97 === 0
        ? { type: 'failure', errors: [] }
        : cedar.preparsePolicySet(id, set)
    }
    const counting = createPolicyEngine({
      facts: FACTS,
      load: () => Promise.resolve({ ...cedar, preparsePolicySet }),
    })
    const old = slice([rule(3, 'allow', method('POST'))])
    const others = [...Array(100).keys()].map((n) =>
      slice([rule(3, 'allow', n % 2 === 0 ? ALWAYS : method('POST'))]),
    )
    for (let reload = 0; reload < 10_000; reload++) {
      const fresh = slice([rule(3, 'allow', method('GET'))])
      const decision = await counting.decide(get, fresh, NOW)
      expect(decision.reason).toBe(parsed % 97 === 0 ? 'policy_error' : 'allowed')
      if (reload % 50 !== 0) continue
      expect((await counting.decide(get, old, NOW)).effect).toBe('deny')
      const index = (reload / 50) % 100
      const other = others[index]
      if (other === undefined) throw new Error('no such slice')
      const effect = (await counting.decide(get, other, NOW)).effect
      if (index % 2 === 1) expect(effect).toBe('deny')
    }
    expect(names.size).toBe(64)
  })

  test('do not share a name after one could not be parsed', async () => {
    let fail = true
    const preparsePolicySet: Cedar['preparsePolicySet'] = (id, set) =>
      fail ? { type: 'failure', errors: [] } : cedar.preparsePolicySet(id, set)
    const failing = createPolicyEngine({
      facts: FACTS,
      load: () => Promise.resolve({ ...cedar, preparsePolicySet }),
    })
    const yes = slice([rule(3, 'allow', ALWAYS)])
    const no = slice([rule(3, 'deny', ALWAYS)])
    expect((await failing.decide(get, yes, NOW)).reason).toBe('policy_error')
    fail = false
    for (let call = 0; call < 3; call++) {
      expect((await failing.decide(get, yes, NOW)).reason).toBe('allowed')
      expect((await failing.decide(get, no, NOW)).reason).toBe('denied')
    }
  })

  test('of two engines do not share names', async () => {
    const other = createPolicyEngine({ facts: FACTS })
    const yes = slice([rule(3, 'allow', ALWAYS)])
    const no = slice([rule(3, 'deny', ALWAYS)])
    const first = createPolicyEngine({ facts: FACTS })
    for (let call = 0; call < 3; call++) {
      expect((await first.decide(get, yes, NOW)).effect).toBe('allow')
      expect((await other.decide(get, no, NOW)).effect).toBe('deny')
    }
  })

  test('decide as before while many calls run at once', async () => {
    const slices = [...Array(150).keys()].map((n) =>
      slice([rule(3, n % 3 === 0 ? 'deny' : 'allow', ALWAYS)]),
    )
    const decisions = await Promise.all(slices.map((each) => engine.decide(get, each, NOW)))
    expect(decisions.map(({ effect }) => effect)).toEqual(
      slices.map((_, n) => (n % 3 === 0 ? 'deny' : 'allow')),
    )
  })

  test('may hold thousands of tests in one rule', async () => {
    const of = [...Array(3_000).keys()].map(
      (n): Condition => ({ op: 'equals', fact: ['method'], value: `M${n}` }),
    )
    const large = slice([rule(3, 'allow', { op: 'any', of })])
    expect((await engine.decide(get, large, NOW)).reason).toBe('no_rule')
    expect((await engine.decide(webAction('M2999', '/'), large, NOW)).reason).toBe('allowed')
  })
})
