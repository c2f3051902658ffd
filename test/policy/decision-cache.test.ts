import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Condition } from '../../src/core/condition.ts'
import { createPolicyEngine } from '../../src/policy/policy-engine.ts'
import { FACTS, guardrail, method, rule, slice, webAction } from './policy-samples.ts'

const NOW = 0

/** An engine, and how often it asked Cedar. */
function counting() {
  const asked = { count: 0 }
  const engine = createPolicyEngine({
    facts: FACTS,
    load: async () => ({
      ...cedar,
      statefulIsAuthorized(call) {
        asked.count += 1
        return cedar.statefulIsAuthorized(call)
      },
    }),
  })
  return { engine, asked }
}

const segment: Condition = { op: 'equals', fact: ['path', 'f1'], value: 'acme' }
const inAcme = rule(3, 'allow', { op: 'all', of: [segment, { op: 'not', of: method('PUT') }] })

describe('decisions that are remembered', () => {
  test('stand for what no rule tells apart, and for nothing else', async () => {
    const { engine, asked } = counting()
    const rules = slice([inAcme])
    const reasonOf = async (verb: string, path: string) =>
      (await engine.decide(webAction(verb, path), rules, NOW)).reason
    expect(await reasonOf('GET', '/repos/acme/1')).toBe('allowed')
    expect(await reasonOf('POST', '/repos/acme/2')).toBe('allowed')
    expect(asked.count).toBe(1)
    expect(await reasonOf('PUT', '/repos/acme/2')).toBe('no_rule')
    expect(await reasonOf('GET', '/repos/acme ')).toBe('no_rule')
    expect(await reasonOf('GET', '/repos/Acme')).toBe('no_rule')
    expect(await reasonOf('GET', '/repos')).toBe('no_rule')
    expect(await reasonOf('GET', '/repos/acme')).toBe('allowed')
  })

  test('do not outlive the rules that they were made by', async () => {
    const { engine } = counting()
    const act = webAction('GET', '/repos/acme')
    expect((await engine.decide(act, slice([inAcme]), NOW)).reason).toBe('allowed')
    const denied = slice([inAcme, rule(4, 'deny', segment)])
    expect((await engine.decide(act, denied, NOW)).reason).toBe('denied')
  })

  test('end with the scope', async () => {
    const { engine } = counting()
    const ending = { ...slice([inAcme]), expiresAt: 10 }
    const act = webAction('GET', '/repos/acme')
    expect((await engine.decide(act, ending, 9)).reason).toBe('allowed')
    expect((await engine.decide(act, ending, 10)).reason).toBe('expired')
  })

  test('are checked for facts of the wrong shape all the same', async () => {
    const { engine } = counting()
    const rules = slice([inAcme])
    const act = webAction('GET', '/repos/acme')
    expect((await engine.decide(act, rules, NOW)).reason).toBe('allowed')
    const odd = { ...act, facts: { ...act.facts, more: true } }
    expect((await engine.decide(odd, rules, NOW)).reason).toBe('policy_error')
  })

  test('are not those of a slice with guardrails, which may ask about anything', async () => {
    const { engine, asked } = counting()
    const noPatch =
      'forbid(principal, action == Action::"web:call", resource) when { context.method == "PATCH" };'
    const guarded = slice([inAcme], { guardrails: [guardrail(noPatch)] })
    const act = webAction('GET', '/repos/acme')
    for (let time = 0; time < 2; time += 1) await engine.decide(act, guarded, NOW)
    expect(asked.count).toBe(2)
    expect((await engine.decide(webAction('PATCH', '/repos/acme'), guarded, NOW)).reason).toBe(
      'denied',
    )
  })

  test('are those of Cedar, whatever is asked in whatever order', async () => {
    const words = ['a', 'A', 'b', 'ab', '', 'é', 'e\u0301']
    const word = fc.constantFrom(...words)
    const fact = fc.constantFrom(['path', 'f0'], ['path', 'f1'], ['method'])
    const count = fc.constantFrom(['path', 'n'])
    const small = fc.integer({ min: 0, max: 3 })
    const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
      condition: fc.oneof(
        { maxDepth: 3 },
        fc.record({ op: fc.constant('equals' as const), fact, value: word }),
        fc.record({ op: fc.constant('one_of' as const), fact, values: fc.array(word) }),
        fc.record({ op: fc.constant('has' as const), fact }),
        fc.record({ op: fc.constantFrom('at_least', 'at_most'), fact: count, value: small }),
        fc.record({
          op: fc.constant('glob' as const),
          fact,
          parts: fc.array(
            fc.oneof(fc.record({ literal: word }), fc.constant({ any: true } as const)),
            { minLength: 1, maxLength: 3 },
          ),
        }),
        fc.record({ op: fc.constant('not' as const), of: tie('condition') }),
        fc.record({
          op: fc.constantFrom('all', 'any'),
          of: fc.array(tie('condition'), { maxLength: 3 }),
        }),
      ),
    }))
    const asks = fc.array(fc.tuple(word, fc.array(word, { maxLength: 3 })), { maxLength: 12 })
    const remembering = createPolicyEngine({ facts: FACTS })
    const fresh = createPolicyEngine({ facts: FACTS })
    await fc.assert(
      fc.asyncProperty(
        fc.array(condition, { minLength: 1, maxLength: 3 }),
        asks,
        async (of, all) => {
          const rules = of.map((one, index) => rule(index + 1, index === 1 ? 'deny' : 'allow', one))
          const kept = slice(rules)
          for (const [verb, segments] of all) {
            const act = webAction(verb, `/${segments.join('/')}`)
            const said = await remembering.decide(act, kept, NOW)
            expect(said).toEqual(await fresh.decide(act, slice(rules), NOW))
          }
        },
      ),
    )
  })
})
