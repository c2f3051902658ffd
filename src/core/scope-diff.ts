import { canonicalJson } from './canonical-json.ts'
import { limitText } from './rule-line.ts'
import type { Scope } from './snapshot.ts'

/**
 * One canonical line per rule, limit and expiry of a scope: the same lines, in the same order, wherever they stand in the
 * file. An `allow`, a later expiry or a `deny` that went is what widens.
 */
export function scopeRuleTexts(scope: Scope): readonly string[] {
  const lines = new Set<string>()
  if (scope.expiresAt !== null) lines.add(`expires ${new Date(scope.expiresAt).toISOString()}`)
  for (const profile of scope.profiles) lines.add(`profile ${profile}`)
  for (const tool of scope.tools.values()) {
    for (const limit of tool.limits) lines.add(`limit ${tool.name} ${limitText(limit)}`)
    for (const rule of tool.rules) {
      const obligations = [
        ...(rule.secretTags === undefined ? [] : [` secrets ${canonicalJson(rule.secretTags)}`]),
        ...(rule.approval === null ? [] : [` approval ${rule.approval}`]),
        ...rule.limits.map((limit) => ` limit ${limitText(limit)}`).sort(),
      ]
      lines.add(`${rule.effect} ${tool.name} ${canonicalJson(rule.rule)}${obligations.join('')}`)
    }
  }
  return [...lines].sort()
}

/** What stands in one list and not in the other. */
export function diffRules(
  before: readonly string[],
  after: readonly string[],
): { added: string[]; removed: string[] } {
  const old = new Set(before)
  const now = new Set(after)
  return {
    added: [...now].filter((line) => !old.has(line)),
    removed: [...old].filter((line) => !now.has(line)),
  }
}
