import type { Decision, LimitUse } from '../core/decision.ts'
import type { Limit, ScopeRule } from '../core/rule.ts'

/** Allowed by these rules, with the strictest obligations of all of them together: every limit counts, approval if any asks. */
export function allowDecision(rules: readonly ScopeRule[], toolLimits: readonly Limit[]): Decision {
  const uses: LimitUse[] = [
    ...toolLimits.map((limit) => ({ limit, ruleKey: null })),
    ...rules.flatMap((rule) => rule.limits.map((limit) => ({ limit, ruleKey: rule.key }))),
  ]
  // The same rule on two lines has one counter: an attempt counts once.
  const limits = new Map(uses.map((use) => [limitText(use), use]))
  return {
    effect: 'allow',
    reason: 'allowed',
    rules: sortedIds(rules.map(({ id }) => id)),
    approval: rules.some(({ approval }) => approval === 'human') ? 'human' : null,
    limits: [...limits.values()],
    detail: null,
  }
}

export function denyDecision(
  reason: 'no_rule' | 'denied' | 'expired',
  ids: readonly string[],
): Decision {
  return { effect: 'deny', reason, rules: sortedIds(ids), approval: null, limits: [], detail: null }
}

/** Something could not be evaluated, which is a deny. INVARIANT: `detail` holds no value of a fact. */
export function policyError(detail: string, ids: readonly string[]): Decision {
  const rules = sortedIds(ids)
  return { effect: 'deny', reason: 'policy_error', rules, approval: null, limits: [], detail }
}

function limitText({ limit, ruleKey }: LimitUse): string {
  return `${ruleKey ?? ''} ${limit.count}/${limit.window}`
}

/** `file:line:column` in the order in which they stand in the files, each once. */
function sortedIds(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].toSorted((a, b) => {
    const [left, right] = [place(a), place(b)]
    if (left.file !== right.file) return left.file < right.file ? -1 : 1
    return left.line - right.line || left.column - right.column
  })
}

function place(id: string) {
  const [, file = id, line = '0', column = '0'] = /^(.*):(\d+):(\d+)$/.exec(id) ?? []
  return { file, line: Number(line), column: Number(column) }
}
