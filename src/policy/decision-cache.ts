import type { Fact, Facts } from '../core/action.ts'
import type { Condition, FactPath } from '../core/condition.ts'
import type { Decision } from '../core/decision.ts'
import { deepFreeze } from '../core/json.ts'

const MOST = 256
const LONGEST_KEY = 2_048

/** The decisions of one slice, which are a pure function of the facts that its rules ask about. */
export interface DecisionCache {
  /** What all facts have in common that no rule tells apart; null where that is too long to keep. */
  keyOf(facts: Facts): string | null
  get(key: string): Decision | null
  keep(key: string, decision: Decision): void
}

/** What a fact is told apart by: these texts, or null where it may be anything about it. */
interface Told {
  readonly path: FactPath
  texts: Set<string> | null
}

/**
 * Cedar takes 0.5 ms of a lone call, most of it to get into the processor's caches (measured), and an agent asks for much that is
 * alike. INVARIANT: facts with the same key are equal to every rule: a text that is only ever compared as a whole stands for all others
 * that no rule names; whatever else is asked of a fact, it stands in the key as it is.
 */
export function createDecisionCache(conditions: readonly Condition[]): DecisionCache {
  const told = new Map<string, Told>()
  for (const condition of conditions) collect(condition, told)
  const all = [...told.values()]
  const known = new Map<string, Decision>()
  return {
    keyOf(facts) {
      const key = JSON.stringify(all.map((one) => partOf(one, facts)))
      return key.length > LONGEST_KEY ? null : key
    },
    get: (key) => known.get(key) ?? null,
    keep(key, decision) {
      const [oldest] = known.keys()
      if (known.size >= MOST && oldest !== undefined) known.delete(oldest)
      known.set(key, deepFreeze(decision))
    },
  }
}

const ABSENT = 0
const OTHER = 1

function partOf({ path, texts }: Told, facts: Facts): unknown {
  const fact = factAt(facts, path)
  if (fact === undefined) return ABSENT
  if (texts === null) return [fact]
  return typeof fact === 'string' && texts.has(fact) ? fact : OTHER
}

function factAt(facts: Facts, path: FactPath): Fact | undefined {
  let at: Fact = facts
  for (const name of path) {
    if (!isRecord(at) || !Object.hasOwn(at, name)) return undefined
    const inner: Fact | undefined = at[name]
    if (inner === undefined) return undefined
    at = inner
  }
  return at
}

function isRecord(fact: Fact): fact is Facts {
  return typeof fact === 'object' && !Array.isArray(fact)
}

function collect(condition: Condition, told: Map<string, Told>): void {
  switch (condition.op) {
    case 'true':
      return
    case 'all':
    case 'any':
      for (const inner of condition.of) collect(inner, told)
      return
    case 'not':
      collect(condition.of, told)
      return
    case 'has':
      tellApart(condition.fact, [], told)
      return
    case 'equals':
      tellApart(
        condition.fact,
        typeof condition.value === 'string' ? [condition.value] : null,
        told,
      )
      return
    case 'one_of':
      tellApart(condition.fact, condition.values, told)
      return
    default:
      tellApart(condition.fact, null, told)
  }
}

function tellApart(path: FactPath, texts: readonly string[] | null, told: Map<string, Told>): void {
  const name = JSON.stringify(path)
  const known = told.get(name)
  if (known === undefined) told.set(name, { path, texts: texts === null ? null : new Set(texts) })
  else if (texts === null) known.texts = null
  else for (const text of texts) known.texts?.add(text)
}
