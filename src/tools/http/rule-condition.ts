import type { Condition, FactPath } from '../../core/condition.ts'
import {
  exactPath,
  overMatchingPath,
  type PathPattern,
  parsePathPattern,
} from '../../core/path-pattern.ts'
import { encodedPair, foldedKey, foldedPair, MAX_QUERY_PAIRS } from './facts.ts'
import { ANY, type HttpRule } from './rule.ts'

const FOLDED: readonly FactPath[] = [
  ['folded', 'kept'],
  ['folded', 'split'],
]

/** A rule as data over the facts: exact for an allow, over-matching for a deny. */
export function ruleCondition(rule: HttpRule, effect: 'allow' | 'deny'): Condition {
  const patterns = rule.paths?.map(parsed)
  const path = (pattern: PathPattern) =>
    effect === 'allow' ? exactPath(pattern, ['path']) : overMatchingPath(pattern, FOLDED)
  const of: Condition[] = []
  if (rule.methods !== undefined && !rule.methods.includes(ANY))
    of.push({ op: 'one_of', fact: ['method'], values: rule.methods })
  if (patterns !== undefined) of.push({ op: 'any', of: patterns.map(path) })
  if (rule.query !== undefined)
    of.push(effect === 'allow' ? onlyThese(rule.query) : anyOfThese(rule.query))
  return { op: 'all', of }
}

/** No other parameter is sent, and each has one of its values. */
function onlyThese(query: Readonly<Record<string, readonly string[]>>): Condition {
  const anyValue: string[] = []
  const pairs: string[] = []
  for (const [key, values] of Object.entries(query)) {
    if (values.includes(ANY)) anyValue.push(key)
    else pairs.push(...values.map((value) => encodedPair(key, value)))
  }
  if (anyValue.length === 0) return { op: 'subset_of', fact: ['query', 'pairs'], values: pairs }
  if (pairs.length === 0) return { op: 'subset_of', fact: ['query', 'keys'], values: anyValue }
  // Both kinds: each parameter has to be one or the other, so each is asked about by itself.
  const each = Array.from({ length: MAX_QUERY_PAIRS }, (_, index): Condition => {
    const fact = `q${index}`
    return {
      op: 'any',
      of: [
        { op: 'not', of: { op: 'has', fact: ['query', fact] } },
        { op: 'one_of', fact: ['query', fact, 'key'], values: anyValue },
        { op: 'one_of', fact: ['query', fact, 'pair'], values: pairs },
      ],
    }
  })
  return { op: 'all', of: each }
}

/** At least one of them is sent, in whatever spelling. */
function anyOfThese(query: Readonly<Record<string, readonly string[]>>): Condition {
  const of = Object.entries(query).flatMap(([key, values]): Condition[] =>
    values.includes(ANY)
      ? [{ op: 'contains', fact: ['query', 'folded_keys'], value: foldedKey(key) }]
      : values.map((value) => ({
          op: 'contains',
          fact: ['query', 'folded_pairs'],
          value: foldedPair(key, value),
        })),
  )
  return { op: 'any', of }
}

function parsed(text: string): PathPattern {
  const pattern = parsePathPattern(text)
  if ('error' in pattern)
    throw new TypeError('a path pattern that the schema let through does not parse')
  return pattern
}
