import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fact, Facts } from '../../src/core/action.ts'
import type { Condition, FactPath, GlobPart } from '../../src/core/condition.ts'
import type { FactsSchema } from '../../src/core/facts-schema.ts'
import { cedarSchemaText } from '../../src/policy/cedar-schema.ts'
import { compileCondition } from '../../src/policy/compile-condition.ts'
import { createPolicyEngine } from '../../src/policy/policy-engine.ts'
import { rule, slice, webAction } from './policy-samples.ts'

const SCHEMA: FactsSchema = {
  text: { kind: 'text' },
  maybe: { kind: 'text', optional: true },
  count: { kind: 'integer', optional: true },
  flag: { kind: 'boolean', optional: true },
  words: { kind: 'texts', optional: true },
  inner: {
    kind: 'record',
    optional: true,
    of: {
      text: { kind: 'text', optional: true },
      words: { kind: 'texts' },
      'odd "name': { kind: 'text', optional: true },
      in: { kind: 'integer' },
    },
  },
}

const facts = new Map([['web', SCHEMA]])
const engine = createPolicyEngine({ facts })

const letters = fc.constantFrom('', 'a', 'b', 'ab', '*', 'a*b', '"', '\\', 'é', '\u0000')
const words = fc.array(letters, { maxLength: 3 })
const numbers = fc.constantFrom(-1, 0, 1, 2, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)
const factsOfAnyShape: fc.Arbitrary<Facts> = fc.record(
  {
    text: letters,
    maybe: letters,
    count: numbers,
    flag: fc.boolean(),
    words,
    inner: fc.record(
      { text: letters, words, 'odd "name': letters, in: numbers },
      { requiredKeys: ['words', 'in'] },
    ),
  },
  { requiredKeys: ['text'] },
)

const part: fc.Arbitrary<GlobPart> = fc.oneof(
  fc.constant({ any: true } as const),
  letters.map((literal) => ({ literal })),
)
const texts = fc.constantFrom<FactPath>(
  ['text'],
  ['maybe'],
  ['inner', 'text'],
  ['inner', 'odd "name'],
)
const integers = fc.constantFrom<FactPath>(['count'], ['inner', 'in'])
const sets = fc.constantFrom<FactPath>(['words'], ['inner', 'words'])
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.constant<Condition>({ op: 'true' }),
  fc.record({
    op: fc.constant('has' as const),
    fact: fc.oneof(texts, integers, sets, fc.constant(['inner'])),
  }),
  fc.record({ op: fc.constant('equals' as const), fact: texts, value: letters }),
  fc.record({ op: fc.constant('equals' as const), fact: integers, value: numbers }),
  fc.record({
    op: fc.constant('equals' as const),
    fact: fc.constant(['flag']),
    value: fc.boolean(),
  }),
  fc.record({ op: fc.constant('one_of' as const), fact: texts, values: words }),
  fc.record({
    op: fc.constant('glob' as const),
    fact: texts,
    parts: fc.array(part, { maxLength: 4 }),
  }),
  fc.record({
    op: fc.constantFrom('at_least' as const, 'at_most' as const),
    fact: integers,
    value: numbers,
  }),
  fc.record({ op: fc.constant('subset_of' as const), fact: sets, values: words }),
  fc.record({ op: fc.constant('contains' as const), fact: sets, value: letters }),
)
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ op: fc.constant('not' as const), of: tie('condition') }),
    fc.record({
      op: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('condition'), { maxLength: 4 }),
    }),
  ),
}))

function factAt(all: Facts, [name = '', ...rest]: FactPath): Fact | undefined {
  const fact = all[name]
  if (rest.length === 0 || fact === undefined) return fact
  return typeof fact === 'object' && !isTexts(fact) ? factAt(fact, rest) : undefined
}

function isTexts(fact: Fact): fact is readonly string[] {
  return Array.isArray(fact)
}

/** What a condition says, without Cedar. */
function says(asked: Condition, all: Facts): boolean {
  if (asked.op === 'true') return true
  if (asked.op === 'all') return asked.of.every((one) => says(one, all))
  if (asked.op === 'any') return asked.of.some((one) => says(one, all))
  if (asked.op === 'not') return !says(asked.of, all)
  if (!('fact' in asked)) throw new Error('a new kind of condition')
  return saysOfFact(asked, factAt(all, asked.fact))
}

function saysOfFact(
  asked: Extract<Condition, { readonly fact: FactPath }>,
  fact: Fact | undefined,
): boolean {
  if (fact === undefined) return false
  switch (asked.op) {
    case 'has':
      return true
    case 'equals':
      return fact === asked.value
    case 'one_of':
      return typeof fact === 'string' && asked.values.includes(fact)
    case 'glob':
      return typeof fact === 'string' && globExpression(asked.parts).test(fact)
    case 'at_least':
      return typeof fact === 'number' && fact >= asked.value
    case 'at_most':
      return typeof fact === 'number' && fact <= asked.value
    case 'subset_of':
      return isTexts(fact) && fact.every((text) => asked.values.includes(text))
    case 'contains':
      return isTexts(fact) && fact.includes(asked.value)
  }
}

function globExpression(parts: readonly GlobPart[]): RegExp {
  const text = parts.map((one) => ('any' in one ? '.*' : one.literal.replace(/[*\\]/g, '\\$&')))
  return new RegExp(`^${text.join('')}$`, 'su')
}

test('a condition decided by Cedar is what it says, for any condition and facts', async () => {
  let held = 0
  await fc.assert(
    fc.asyncProperty(condition, factsOfAnyShape, async (asked, all) => {
      const action = { ...webAction('GET', '/'), facts: all }
      const decision = await engine.decide(action, slice([rule(1, 'allow', asked)]), 0)
      expect(decision.detail).toBeNull()
      if (decision.effect === 'allow') held++
      expect(decision.effect === 'allow').toBe(says(asked, all))
    }),
    { numRuns: 1_000 },
  )
  expect(held).toBeGreaterThan(100)
})

test('what is compiled is strictly valid, so that no test can fail while it is evaluated', () => {
  const schema = cedarSchemaText(facts)
  fc.assert(
    fc.property(condition, (asked) => {
      // Cedar validates no empty set literal; `one_of` of nothing is the only one.
      fc.pre(!JSON.stringify(asked).includes('"values":[]'))
      const answer = cedar.validate({
        schema,
        policies: {
          staticPolicies: {
            one: {
              effect: 'permit',
              principal: { op: 'All' },
              action: { op: '==', entity: { type: 'Action', id: 'web:call' } },
              resource: { op: 'All' },
              conditions: [{ kind: 'when', body: compileCondition(asked, SCHEMA) }],
            },
          },
        },
      })
      expect(answer).toMatchObject({ type: 'success', validationErrors: [] })
    }),
    { numRuns: 200 },
  )
})
