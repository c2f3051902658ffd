import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Action, actionId, type Fact } from '../../src/core/action.ts'
import type { FactsSchema } from '../../src/core/facts-schema.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import type { ToolType } from '../../src/tools/tool-type.ts'

/** What a contract suite needs of one tool type: things that are right. */
export interface ToolTypeCase {
  readonly settings: Readonly<Record<string, unknown>>
  /** Allow rules that let all of `inputs` through. */
  readonly rules: readonly Readonly<Record<string, unknown>>[]
  /** Each makes another action. */
  readonly inputs: readonly Readonly<Record<string, unknown>>[]
}

/** What holds for every tool type. What `perform` does is its own tests' matter. */
export function toolTypeContract<Settings, Rule, Input>(
  type: ToolType<Settings, Rule, Input>,
  valid: ToolTypeCase,
): void {
  const settings = type.settings.parse(valid.settings)
  const rules = valid.rules.map(
    (rule) => ({ effect: 'allow', rule: type.rules.allow.parse(rule), approval: null }) as const,
  )
  const description = type.describe('tool', settings, rules, 'Some API')
  const actions = valid.inputs.map((input) => {
    const action = type.canonical('tool', description.input.parse(input), settings)
    if (isRefusal(action)) throw new Error(`an input of the contract is refused: ${action.message}`)
    return action
  })

  describe(`the contract of tool types: ${type.type}`, () => {
    it('takes no setting, rule or input that it does not know', () => {
      expect(type.settings.safeParse({ ...valid.settings, surprise: 1 }).success).toBe(false)
      for (const rule of valid.rules) {
        expect(type.rules.allow.safeParse({ ...rule, surprise: 1 }).success).toBe(false)
        expect(type.rules.deny.safeParse({ ...rule, surprise: 1 }).success).toBe(false)
      }
      for (const input of valid.inputs)
        expect(description.input.safeParse({ ...input, surprise: 1 }).success).toBe(false)
    })

    it('has an allow that names all dimensions, and no empty rule', () => {
      for (const rule of valid.rules) {
        for (const key of Object.keys(rule)) {
          expect(type.rules.allow.safeParse({ ...rule, [key]: null }).success).toBe(false)
          expect(type.rules.deny.safeParse({ ...rule, [key]: null }).success).toBe(false)
        }
      }
      expect(type.rules.allow.safeParse({}).success).toBe(false)
      expect(type.rules.deny.safeParse({}).success).toBe(false)
    })

    it('has JSON Schemas of its settings, rules and inputs', () => {
      for (const schema of [type.settings, type.rules.allow, type.rules.deny, description.input]) {
        expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({
          type: 'object',
          additionalProperties: false,
        })
      }
    })

    it('describes itself: all four hints, an object as output, nothing of upstream with a type', () => {
      expect(Object.keys(description.annotations).sort()).toEqual([
        'destructiveHint',
        'idempotentHint',
        'openWorldHint',
        'readOnlyHint',
      ])
      expect(description.description).toContain('Some API')
      expect(description.output).toMatchObject({ type: 'object' })
    })

    it('makes the same action of the same input, frozen all the way down, and another of another', () => {
      const ids = new Set<string>()
      for (const [index, action] of actions.entries()) {
        const again = type.canonical('tool', description.input.parse(valid.inputs[index]), settings)
        expect(again).toEqual(action)
        expect(isFrozen(action)).toBe(true)
        expect(JSON.parse(JSON.stringify(action))).toEqual(action)
        ids.add(actionId(action))
      }
      expect(ids.size).toBe(actions.length)
    })

    it('makes facts of its published shape', () => {
      for (const action of actions) expect(shapeFaults(action.facts, type.facts)).toEqual([])
    })

    it('suggests a rule that its own schema takes', () => {
      for (const action of actions)
        expect(type.rules.allow.safeParse(type.ruleFor(action)).success).toBe(true)
    })

    it('makes a condition of every rule, for both effects', () => {
      for (const rule of valid.rules) {
        expect(type.condition(type.rules.allow.parse(rule), 'allow', settings)).toHaveProperty('op')
        expect(type.condition(type.rules.deny.parse(rule), 'deny', settings)).toHaveProperty('op')
      }
    })

    it('names each secret of its settings once', () => {
      const names = type.secrets(settings)
      expect(new Set(names).size).toBe(names.length)
    })
  })
}

function isFrozen(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  )
}

/** Facts that have no place in a schema, are missing, or are of another kind. */
function shapeFaults(facts: Action['facts'], schema: FactsSchema): string[] {
  const unknown = Object.keys(facts).filter((name) => !(name in schema))
  const wrong = Object.entries(schema).flatMap(([name, type]) => {
    const fact = facts[name]
    if (fact === undefined) return type.optional === true ? [] : [`${name} is missing`]
    if (type.kind !== 'record') return isOfKind(fact, type.kind) ? [] : [name]
    if (typeof fact !== 'object' || Array.isArray(fact)) return [name]
    return shapeFaults(fact as Action['facts'], type.of).map((fault) => `${name}.${fault}`)
  })
  return [...unknown, ...wrong]
}

function isOfKind(fact: Fact, kind: 'text' | 'integer' | 'boolean' | 'texts'): boolean {
  switch (kind) {
    case 'text':
      return typeof fact === 'string'
    case 'integer':
      return Number.isSafeInteger(fact)
    case 'boolean':
      return typeof fact === 'boolean'
    case 'texts':
      return Array.isArray(fact) && fact.every((text) => typeof text === 'string')
  }
}
