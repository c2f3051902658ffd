import type { Fact, Facts } from '../../../src/core/action.ts'
import type { Condition, FactPath } from '../../../src/core/condition.ts'

/** What a condition says of facts, without Cedar: a test of a fact that is not there is false. */
export function holds(condition: Condition, facts: Facts): boolean {
  switch (condition.op) {
    case 'true':
      return true
    case 'all':
      return condition.of.every((inner) => holds(inner, facts))
    case 'any':
      return condition.of.some((inner) => holds(inner, facts))
    case 'not':
      return !holds(condition.of, facts)
    case 'has':
      return factAt(facts, condition.fact) !== undefined
    case 'equals':
      return factAt(facts, condition.fact) === condition.value
    case 'one_of':
      return condition.values.some((value) => value === factAt(facts, condition.fact))
    case 'glob':
      return globHolds(condition.parts, factAt(facts, condition.fact))
    case 'at_least':
    case 'at_most': {
      const fact = factAt(facts, condition.fact)
      if (typeof fact !== 'number') return false
      return condition.op === 'at_least' ? fact >= condition.value : fact <= condition.value
    }
    case 'subset_of': {
      const fact = factAt(facts, condition.fact)
      return Array.isArray(fact) && fact.every((text) => condition.values.includes(String(text)))
    }
    case 'contains': {
      const fact = factAt(facts, condition.fact)
      return Array.isArray(fact) && fact.includes(condition.value)
    }
  }
}

function globHolds(
  parts: readonly ({ literal: string } | { any: true })[],
  fact: Fact | undefined,
): boolean {
  if (typeof fact !== 'string') return false
  const source = parts
    .map((part) => ('any' in part ? '.*' : part.literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')))
    .join('')
  return new RegExp(`^${source}$`, 's').test(fact)
}

function factAt(facts: Facts, path: FactPath): Fact | undefined {
  let current: Fact | undefined = facts
  for (const name of path) {
    if (typeof current !== 'object' || Array.isArray(current)) return undefined
    current = (current as Facts)[name]
  }
  return current
}
