import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { describe, expect, test } from 'vitest'
import { positionText } from '../../src/core/rule.ts'
import type { Cedar } from '../../src/policy/cedar.ts'
import { cedarStatements, offsetOfByte, positionAt } from '../../src/policy/cedar-statements.ts'
import { createPolicyEngine } from '../../src/policy/policy-engine.ts'
import { ALWAYS, FACTS, guardrail, rule, slice, webAction } from './policy-samples.ts'

const engine = createPolicyEngine({ facts: FACTS })
const WEB = 'action == Action::"web:call"'

async function problemsOf(...texts: string[]) {
  const files = texts.map((text, index) => guardrail(text, `policies/${index}.cedar`))
  const problems = await engine.checkGuardrails(files)
  return problems.map(({ position, severity, message, fix }) => {
    const kind = severity === 'error' ? '' : `${severity}: `
    return `${positionText(position)}: ${kind}${message}${fix === null ? '' : ` (${fix})`}`
  })
}

describe('a guardrail file', () => {
  test.each([
    '',
    '// only a comment; with "one quote',
    'forbid(principal, action, resource);',
    `@id("a;b") // "\nforbid(principal, ${WEB}, resource)\nwhen { context.method == ";\\"//" };`,
    `forbid(principal, action in [Action::"web:call", Action::"data:call"], resource is Tool) unless { principal.name like "r*" };`,
    '\ufeffforbid(principal, action, resource);\r\nforbid(principal, action, resource);\r\n',
    `forbid(principal, ${WEB}, resource) when { context.folded.split has b63 && context.folded.split.b63 == "x" };`,
  ])('is right as %j', async (text) => {
    expect(await problemsOf(text)).toEqual([])
  })

  const only =
    'a guardrail may only forbid; a `permit` would widen every scope (write it as an `allow` of the scope files that it is meant for)'
  const template =
    'a guardrail may not be a template (name the principal and the resource instead of `?principal` and `?resource`)'

  test.each([
    ['permit(principal, action, resource);', [`policies/0.cedar:1:1: ${only}`]],
    [
      'forbid(principal, action, resource); /* c */',
      ['policies/0.cedar:1:38: unexpected token `/`: expected `@` or identifier'],
    ],
    [
      '// é\n\n  @id("forbid")\n  permit(principal, action, resource);',
      [`policies/0.cedar:3:3: ${only}`],
    ],
    [
      'forbid(principal, action, resource);permit(principal, action, resource);',
      [`policies/0.cedar:1:37: ${only}`],
    ],
    [
      '"forbid"; permit(principal, action, resource);',
      [
        'policies/0.cedar:1:1: unexpected token `"forbid"`: expected `@` or identifier',
        `policies/0.cedar:1:11: ${only}`,
      ],
    ],
    ['forbid(principal == ?principal, action, resource);', [`policies/0.cedar:1:1: ${template}`]],
    ['permit(principal, action, resource in ?resource);', [`policies/0.cedar:1:1: ${template}`]],
    [
      `forbid(principal, ${WEB}, resource) when { context.methd == "GET" };`,
      [
        'policies/0.cedar:1:66: attribute `methd` in context for Action::"web:call" not found (did you mean `method`?)',
      ],
    ],
    [
      'forbid(principal, action, resource) when { context.method == "GET" };',
      [
        'policies/0.cedar:1:44: attribute `method` in context for Action::"data:call" not found (did you mean `access`?)',
      ],
    ],
    [
      `forbid(principal, ${WEB}, resource)\nwhen { "é" == "é" &&\n context.path.f0 == "x" };`,
      [
        'policies/0.cedar:3:2: unable to guarantee safety of access to optional attribute `path.f0` in context for Action::"web:call" (try testing for the attribute\'s presence with `context.path has f0 && ..`)',
      ],
    ],
    [
      'forbid(principal, action, resource) when { false };',
      [
        'policies/0.cedar:1:1: warning: policy is impossible: the policy expression evaluates to false for all valid requests',
      ],
    ],
    [
      'forbid(principal, action, resource) when { "unclosed };\nforbid(principal, action, resource);',
      ['policies/0.cedar:1:44: invalid token (try checking that all strings are closed properly)'],
    ],
    [
      'forbid(principal, action, resource)',
      ['policies/0.cedar:1:36: unexpected end of input: expected `;` or identifier'],
    ],
  ])('%j is refused with its place', async (text, problems) => {
    const found = await problemsOf(text)
    expect(found.slice(0, problems.length)).toEqual(problems)
  })

  test('with a mistake does not hide those of others, and positions are per file', async () => {
    const permit = 'permit(principal, action, resource);'
    expect(await problemsOf('', permit, '\n\n nonsense;')).toEqual([
      `policies/1.cedar:1:1: ${only}`,
      expect.stringMatching(/^policies\/2\.cedar:3:10: unexpected token `;`/),
    ])
  })

  test('given twice is an error, since one would hide the other', async () => {
    const files = [
      'forbid(principal, action, resource);',
      'forbid(principal, action, resource);',
    ].map((text) => guardrail(text))
    expect(await engine.checkGuardrails(files)).toMatchObject([
      {
        position: { file: 'policies/guard.cedar', line: 1, column: 1 },
        message: 'the guardrail file was given twice',
      },
    ])
  })

  test('in which Cedar sees another number of policies is refused', async () => {
    const policySetTextToParts: Cedar['policySetTextToParts'] = () => ({
      type: 'success',
      policies: ['a', 'b'],
      policy_templates: [],
    })
    const load = () => Promise.resolve({ ...cedar, policySetTextToParts })
    const files = [guardrail('forbid(principal, action, resource);')]
    expect(await createPolicyEngine({ facts: FACTS, load }).checkGuardrails(files)).toMatchObject([
      { severity: 'error', message: 'the file could not be split into its policies' },
    ])
  })

  test('keeps its numbers to the last digit', async () => {
    const text = `forbid(principal, ${WEB}, resource) when { context.query.n + 9007199254740993 == 9007199254740994 };`
    const guarded = slice([rule(3, 'allow', ALWAYS)], { guardrails: [guardrail(text)] })
    const action = (n: number) => webAction('GET', '/', { query: { n, keys: [], pairs: [] } })
    expect((await engine.decide(action(1), guarded, 0)).reason).toBe('denied')
    expect((await engine.decide(action(0), guarded, 0)).reason).toBe('allowed')
  })
})

test('policies are split at the semicolons that are neither in strings nor in comments', () => {
  const text = ' a "x;\\";" b; // c;\n d;;e'
  expect(cedarStatements(text)).toEqual([
    { text: 'a "x;\\";" b;', start: 1 },
    { text: 'd;', start: 21 },
    { text: ';', start: 23 },
    { text: 'e', start: 24 },
  ])
})

test('a place counted in bytes is found in text beyond ASCII', () => {
  const text = 'é😀\r\nx'
  expect(offsetOfByte(text, 6)).toBe(3)
  expect(positionAt('a', text, 5)).toEqual({ file: 'a', line: 2, column: 1 })
})
