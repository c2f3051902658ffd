import type { Entities, Expr, Policy, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { BrokerError } from '../core/errors.ts'
import type { FactsSchema } from '../core/facts-schema.ts'
import type { ScopeRule } from '../core/rule.ts'
import { type Wanted, wantedFacts } from './check-facts.ts'
import { compileCondition, factsOf } from './compile-condition.ts'
import type { Slice } from './slice.ts'

/** A slice in Cedar's words. */
export interface CompiledSlice {
  /** By `file:line:column`: the scope's rules and the guardrails. */
  readonly policies: Readonly<Record<string, Policy>>
  /** The ids of those that forbid. */
  readonly forbids: ReadonlySet<string>
  readonly entities: Entities
  /** The facts that the rules ask about; null where guardrails may ask about any. */
  readonly wanted: Wanted | null
}

/**
 * The rules of a slice as Cedar policies, one each.
 *
 * @throws BrokerError `policy_failed` where two have the same id (one would hide the other) or one asks for a fact that is not there.
 */
export function compileSlice(
  slice: Slice,
  schema: FactsSchema,
  guardrails: ReadonlyMap<string, string>,
): CompiledSlice {
  const policies = new Map<string, Policy>()
  const compiled = slice.rules.map((rule) => [rule.id, compileRule(rule, slice, schema)] as const)
  for (const [id, policy] of [...compiled, ...guardrails]) {
    if (policies.has(id)) {
      throw new BrokerError('policy_failed', `two rules have the id \`${id}\``)
    }
    policies.set(id, policy)
  }
  const denies = slice.rules.filter(({ effect }) => effect === 'deny').map(({ id }) => id)
  return {
    forbids: new Set([...denies, ...guardrails.keys()]),
    policies: Object.fromEntries(policies),
    entities: guardrails.size > 0 || slice.rules.some(asksForTags) ? entitiesOf(slice) : [],
    wanted:
      guardrails.size === 0
        ? wantedFacts(slice.rules.flatMap((rule) => factsOf(rule.condition)))
        : null,
  }
}

function compileRule(rule: ScopeRule, slice: Slice, schema: FactsSchema): PolicyJson {
  // What holds of all is a clause each: a flatter form, which Cedar parses faster.
  const { condition } = rule
  const clauses = condition.op === 'all' ? condition.of : [condition]
  return {
    effect: rule.effect === 'allow' ? 'permit' : 'forbid',
    principal: { op: '==', entity: { type: 'Agent', id: slice.agent } },
    action: { op: '==', entity: { type: 'Action', id: `${slice.type}:call` } },
    resource: { op: '==', entity: { type: 'Tool', id: slice.tool } },
    conditions: [
      ...clauses.map((clause) => compileCondition(clause, schema)),
      ...Object.entries(rule.secretTags ?? {}).map(([tag, values]) => carriesOnly(tag, values)),
    ].map((body) => ({ kind: 'when', body })),
  }
}

function asksForTags({ secretTags }: ScopeRule): boolean {
  return secretTags !== undefined
}

/** `resource.hasTag("environment") && ["staging"].containsAll(resource.getTag("environment"))` */
function carriesOnly(tag: string, values: readonly string[]): Expr {
  const resource: Expr = { Var: 'resource' }
  const name: Expr = { Value: tag }
  const wanted: Expr = { Set: values.map((value) => ({ Value: value })) }
  return {
    '&&': {
      left: { hasTag: { left: resource, right: name } },
      right: { containsAll: { left: wanted, right: { getTag: { left: resource, right: name } } } },
    },
  }
}

function entitiesOf({ agent, tool, type, secretTags }: Slice): Entities {
  return [
    { uid: { type: 'Agent', id: agent }, attrs: { name: agent }, parents: [] },
    {
      uid: { type: 'Tool', id: tool },
      attrs: { name: tool, type },
      parents: [],
      tags: Object.fromEntries([...secretTags].map(([tag, values]) => [tag, [...values]])),
    },
  ]
}
