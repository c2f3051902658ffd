import { describe, expect, it } from 'vitest'
import { type SecretTags, tagsFit, tagsOf } from '../../src/core/secret-tags.ts'
import { createPolicyEngine } from '../../src/policy/policy-engine.ts'
import { secretEntry } from '../support/secret-entry.ts'
import { ALWAYS, FACTS, guardrail, rule, slice, webAction } from './policy-samples.ts'

const NOW = Date.parse('2027-03-31T12:00:00Z')
const engine = createPolicyEngine({ facts: FACTS })
const action = webAction('GET', '/repos/acme')

/** The tags of a tool that needs secrets with these tags. */
const carried = (...tags: Record<string, string>[]): SecretTags => {
  const entries = tags.map((one, at) => secretEntry({ name: `s${at}`, provider: 'x', tags: one }))
  const secrets = new Map(entries.map((entry) => [entry.name, entry]))
  return tagsOf([...secrets.keys()], secrets)
}

const STAGING = { environment: 'staging' }
const TEST = { environment: 'test' }

describe('an allow that asks for tags', () => {
  it.each<[string, boolean, Record<string, readonly string[]>, SecretTags]>([
    ['one secret that carries it', true, { environment: ['staging'] }, carried(STAGING)],
    [
      'each its own of those asked for',
      true,
      { environment: ['staging', 'test'] },
      carried(STAGING, TEST),
    ],
    ['one that carries another value', false, { environment: ['staging'] }, carried(STAGING, TEST)],
    [
      'one that has no such tag',
      false,
      { environment: ['staging'] },
      carried(STAGING, { team: 'web' }),
    ],
    [
      'several tags, all carried',
      true,
      { environment: ['staging'], team: ['web'] },
      carried({ ...STAGING, team: 'web' }),
    ],
    ['several tags, one not', false, { environment: ['staging'], team: ['web'] }, carried(STAGING)],
    ['a tool without a secret', false, { environment: ['staging'] }, carried()],
    [
      'the same in another case',
      false,
      { environment: ['staging'] },
      carried({ environment: 'Staging' }),
    ],
    ['a tag that a name of JavaScript has', false, { constructor: ['x'] }, carried(STAGING)],
  ])('%s: %s', async (_, allowed, secretTags, tags) => {
    const rules = [rule(3, 'allow', ALWAYS, { secretTags })]
    const decision = await engine.decide(action, slice(rules, { secretTags: tags }), NOW)
    expect(decision.reason).toBe(allowed ? 'allowed' : 'no_rule')
    expect(tagsFit({ secretTags }, tags)).toBe(allowed)
  })

  it('hinders no other allow, and is stopped by a deny as any', async () => {
    const asks = rule(3, 'allow', ALWAYS, { secretTags: { environment: ['staging'] } })
    const open = rule(4, 'allow', ALWAYS)
    const deny = rule(5, 'deny', ALWAYS)
    const reasonOf = async (rules: Parameters<typeof slice>[0]) =>
      (await engine.decide(action, slice(rules, { secretTags: carried(STAGING) }), NOW)).reason
    expect(await reasonOf([asks, open])).toBe('allowed')
    expect(await reasonOf([asks, deny])).toBe('denied')
  })

  it('takes a tag and a value as they are, quotes and all', async () => {
    const odd = 'a"b\\c*'
    const rules = [rule(3, 'allow', ALWAYS, { secretTags: { environment: [odd] } })]
    const reasonOf = async (value: string) =>
      (
        await engine.decide(
          action,
          slice(rules, { secretTags: carried({ environment: value }) }),
          NOW,
        )
      ).reason
    expect(await reasonOf(odd)).toBe('allowed')
    expect(await reasonOf('a"b\\cd')).toBe('no_rule')
  })
})

describe('a guardrail', () => {
  const decide = (text: string, more: Parameters<typeof slice>[1]) =>
    engine.decide(
      action,
      slice([rule(3, 'allow', ALWAYS)], { guardrails: [guardrail(text)], ...more }),
      NOW,
    )

  it('may forbid tools with a secret that is tagged so', async () => {
    const text =
      'forbid(principal, action, resource) when { resource.hasTag("environment") && resource.getTag("environment").contains("production") };'
    const production = carried(STAGING, { environment: 'production' })
    expect((await decide(text, { secretTags: production })).reason).toBe('denied')
    expect((await decide(text, { secretTags: carried(STAGING) })).reason).toBe('allowed')
    expect((await decide(text, { secretTags: carried() })).reason).toBe('allowed')
  })

  it('may ask for the profile', async () => {
    const text =
      'forbid(principal, action, resource) unless { context has profile && context.profile == "dev" };'
    expect((await decide(text, { profile: 'dev' })).reason).toBe('allowed')
    expect((await decide(text, { profile: 'live' })).reason).toBe('denied')
    expect((await decide(text, { profile: null })).reason).toBe('denied')
  })
})

it('no tool type may have a fact that keyhand itself gives', () => {
  const facts = new Map([['web', { profile: { kind: 'text' } as const }]])
  expect(() => createPolicyEngine({ facts })).toThrow(
    'the tool type `web` has a fact `profile` of its own',
  )
})
