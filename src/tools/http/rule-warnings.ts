import { type PathPattern, parsePathPattern } from '../../core/path-pattern.ts'
import type { TypedRule } from '../tool-type.ts'
import { covers, mayOverlap } from './pattern-overlap.ts'
import { ANY, type HttpRule } from './rule.ts'

/** What is valid but doubtful: a deny that takes a part out of what an allow gives. */
export function ruleWarnings(
  rules: readonly TypedRule<HttpRule>[],
): readonly { readonly index: number; readonly message: string }[] {
  const allows = rules.filter(({ effect }) => effect === 'allow').map(({ rule }) => rule)
  const warnings: { index: number; message: string }[] = []
  for (const [index, { effect, rule }] of rules.entries()) {
    if (effect !== 'deny') continue
    const hole = narrowPath(rule, allows)
    if (hole === null) continue
    warnings.push({
      index,
      message: `this deny takes \`${hole.deny}\` out of what \`${hole.allow}\` allows: the upstream may have other names for this (ids, aliases, search); allow only what is needed instead`,
    })
  }
  return warnings
}

function narrowPath(
  deny: HttpRule,
  allows: readonly HttpRule[],
): { deny: string; allow: string } | null {
  for (const allow of allows) {
    if (!shareMethod(deny, allow)) continue
    for (const denied of patternsOf(deny)) {
      for (const allowed of patternsOf(allow)) {
        // Without paths it goes by method or query, which have no other names.
        if (mayOverlap(denied, allowed) && !covers(denied, allowed))
          return { deny: denied.text, allow: allowed.text }
      }
    }
  }
  return null
}

function shareMethod(one: HttpRule, other: HttpRule): boolean {
  if (one.methods === undefined || one.methods.includes(ANY)) return true
  if (other.methods === undefined || other.methods.includes(ANY)) return true
  const names = other.methods
  return one.methods.some((method) => names.includes(method))
}

function patternsOf(rule: HttpRule): readonly PathPattern[] {
  return (rule.paths ?? []).flatMap((text) => {
    const pattern = parsePathPattern(text)
    return 'error' in pattern ? [] : [pattern]
  })
}
