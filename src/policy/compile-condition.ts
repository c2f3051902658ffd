import type { Expr } from '@cedar-policy/cedar-wasm/nodejs'
import type { Condition, FactPath } from '../core/condition.ts'
import { BrokerError } from '../core/errors.ts'
import type { FactsSchema, FactType } from '../core/facts-schema.ts'

/**
 * A condition as an expression of Cedar's JSON form. Each optional fact is guarded with `has`: a test of a fact that is not there
 * is false.
 *
 * @throws BrokerError `policy_failed` where the condition asks what the schema has no such fact for.
 */
export function compileCondition(condition: Condition, schema: FactsSchema): Expr {
  const compile = (inner: Condition): Expr => compileCondition(inner, schema)
  switch (condition.op) {
    case 'true':
      return literal(true)
    case 'all':
      return tree('&&', condition.of.map(compile), true)
    case 'any':
      return tree('||', condition.of.map(compile), false)
    case 'not':
      return { '!': { arg: compile(condition.of) } }
    case 'has':
      return guarded(
        condition.fact,
        schema,
        ['text', 'integer', 'boolean', 'texts', 'record'],
        null,
      )
    case 'equals':
      return guarded(condition.fact, schema, [kindOf(condition.value)], (left) => ({
        '==': { left, right: literal(condition.value) },
      }))
    case 'one_of':
      return guarded(condition.fact, schema, ['text'], (right) => ({
        contains: { left: texts(condition.values), right },
      }))
    case 'glob':
      return guarded(condition.fact, schema, ['text'], (left) => ({
        like: {
          left,
          pattern: condition.parts.map((part) =>
            'any' in part ? 'Wildcard' : { Literal: part.literal },
          ),
        },
      }))
    case 'at_least':
      return guarded(condition.fact, schema, ['integer'], (left) => ({
        '>=': { left, right: literal(condition.value) },
      }))
    case 'at_most':
      return guarded(condition.fact, schema, ['integer'], (left) => ({
        '<=': { left, right: literal(condition.value) },
      }))
    case 'subset_of':
      return guarded(condition.fact, schema, ['texts'], (right) =>
        condition.values.length === 0
          ? { isEmpty: { arg: right } }
          : { containsAll: { left: texts(condition.values), right } },
      )
    case 'contains':
      return guarded(condition.fact, schema, ['texts'], (left) => ({
        contains: { left, right: literal(condition.value) },
      }))
  }
}

/** The facts that a condition asks about. */
export function factsOf(condition: Condition): readonly FactPath[] {
  switch (condition.op) {
    case 'true':
      return []
    case 'all':
    case 'any':
      return condition.of.flatMap(factsOf)
    case 'not':
      return factsOf(condition.of)
    default:
      return [condition.fact]
  }
}

function guarded(
  path: FactPath,
  schema: FactsSchema,
  kinds: readonly FactType['kind'][],
  test: ((fact: Expr) => Expr) | null,
): Expr {
  const guards: Expr[] = []
  let at: Expr = { Var: 'context' }
  let level: FactsSchema | null = schema
  let kind: FactType['kind'] | null = null
  for (const name of path) {
    const type: FactType | undefined =
      level !== null && Object.hasOwn(level, name) ? level[name] : undefined
    if (type === undefined) throw unknownFact(path)
    if (type.optional === true) guards.push({ has: { left: at, attr: name } })
    at = { '.': { left: at, attr: name } }
    level = type.kind === 'record' ? type.of : null
    kind = type.kind
  }
  if (kind === null || !kinds.includes(kind)) throw unknownFact(path)
  return tree('&&', test === null ? guards : [...guards, test(at)], true)
}

// Balanced, since Cedar's parser and evaluator recurse: a chain of some thousand would end the stack.
function tree(op: '&&' | '||', of: readonly Expr[], empty: boolean): Expr {
  const [only] = of
  if (only === undefined) return literal(empty)
  if (of.length === 1) return only
  const middle = of.length >> 1
  const left = tree(op, of.slice(0, middle), empty)
  const right = tree(op, of.slice(middle), empty)
  return op === '&&' ? { '&&': { left, right } } : { '||': { left, right } }
}

function texts(values: readonly string[]): Expr {
  return { Set: values.map(literal) }
}

function literal(value: string | number | boolean): Expr {
  return { Value: value }
}

function kindOf(value: string | number | boolean): FactType['kind'] {
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'integer' : 'boolean'
}

function unknownFact(path: FactPath): BrokerError {
  return new BrokerError(
    'policy_failed',
    `a rule asks for \`${path.join('.')}\` in a way that its tool type does not have`,
  )
}
