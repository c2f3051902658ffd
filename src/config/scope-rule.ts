import { canonicalJson, sha256Hex } from '../core/canonical-json.ts'
import type { Condition } from '../core/condition.ts'
import { isJsonObject } from '../core/json.ts'
import { positionText, type ScopeRule } from '../core/rule.ts'
import type { ConfigProblem, ToolEntry } from '../core/snapshot.ts'
import type { ToolType } from '../tools/tool-type.ts'
import type { Families } from './families.ts'
import { AllowFields } from './fields.ts'
import type { Place } from './issue-problems.ts'
import { guarded, parsePart, splitKeys } from './parse-part.ts'
import { doubt, mistake } from './problem.ts'
import type { ConfigNode } from './yaml-file.ts'

type Effect = 'allow' | 'deny'

const OBLIGATIONS = Object.keys(AllowFields.shape)

export interface ReadRules {
  readonly rules: readonly ScopeRule[]
  readonly problems: readonly ConfigProblem[]
}

/**
 * Reads the rules of one tool of a scope file.
 *
 * @param tool null where the catalog's tool is wrong or not there: its rules are kept as they stand, so that a record of
 *   what changed stays true, but an allow of them never matches and a deny always does.
 */
export function readRules(place: Place, tool: ToolEntry | null, families: Families): ReadRules {
  const toolType = tool === null ? undefined : families.toolTypes.get(tool.type)
  const settings =
    tool === null || toolType === undefined ? null : { toolType, settings: tool.settings }
  const problems: ConfigProblem[] = []
  const rules: { readonly rule: ScopeRule; readonly node: ConfigNode }[] = []
  const seen = new Map<string, string>()
  for (const effect of ['allow', 'deny'] as const) {
    for (const node of place.node.entries.get(effect)?.node.items ?? []) {
      const read = readRule(node, effect, settings)
      if (isProblems(read)) {
        problems.push(...read)
        continue
      }
      const twin = seen.get(`${effect} ${read.key}`)
      if (twin === undefined) {
        seen.set(`${effect} ${read.key}`, read.id)
        rules.push({ rule: read, node })
      } else
        problems.push(doubt(node.at, `the same rule stands at ${twin}`, 'remove one of the two'))
    }
  }
  if (settings !== null) problems.push(...warningsOf(place, settings.toolType, rules))
  return { rules: rules.map(({ rule }) => rule), problems }
}

function readRule(
  node: ConfigNode,
  effect: Effect,
  tool: { readonly toolType: ToolType; readonly settings: unknown } | null,
): ScopeRule | readonly ConfigProblem[] {
  const place: Place = { node, key: node.at, name: `${effect} rule` }
  if (!isJsonObject(node.value)) return [mistake(node.at, `a rule of \`${effect}\` must be a map`)]
  const { picked, rest } = splitKeys(node.value, OBLIGATIONS)
  if (Object.keys(rest).length === 0) {
    return [mistake(node.at, 'this rule is empty', 'say what it is for, or remove it')]
  }
  const [obligation] = Object.keys(picked)
  if (effect === 'deny' && obligation !== undefined) {
    const at = node.entries.get(obligation)?.key ?? node.at
    return [mistake(at, `only an \`allow\` rule can have \`${obligation}\``, 'remove it')]
  }
  const fields = parsePart(AllowFields, picked, place)
  if (!fields.ok) return fields.problems
  const { approval, limit, secrets } = fields.value
  const own = {
    approval: approval ?? null,
    limits: limit ?? [],
    ...(secrets === undefined ? {} : { secretTags: secrets.tags }),
  }
  const key = guarded(place, () => sha256Hex(canonicalJson(node.value)))
  if (!key.ok) return key.problems
  const head = { id: positionText(node.at), effect, key: key.value, ...own }
  if (tool === null) return { ...head, rule: rest, condition: neverWidens(effect) }
  const { toolType, settings } = tool
  const rule = parsePart(toolType.rules[effect], rest, place, effect === 'allow' ? OBLIGATIONS : [])
  if (!rule.ok) return rule.problems
  const condition = guarded(place, () => toolType.condition(rule.value, effect, settings))
  if (!condition.ok) return condition.problems
  return { ...head, rule: rule.value, condition: condition.value }
}

function neverWidens(effect: Effect): Condition {
  return effect === 'deny' ? { op: 'true' } : { op: 'not', of: { op: 'true' } }
}

function warningsOf(
  place: Place,
  toolType: ToolType,
  rules: readonly { readonly rule: ScopeRule; readonly node: ConfigNode }[],
): readonly ConfigProblem[] {
  const typed = rules.map(({ rule: { effect, rule, approval } }) => ({ effect, rule, approval }))
  const warnings = guarded(place, () => toolType.warnings(typed))
  if (!warnings.ok) return warnings.problems
  return warnings.value.map(({ index, message }) =>
    doubt(rules[index]?.node.at ?? place.key, message),
  )
}

function isProblems(
  value: ScopeRule | readonly ConfigProblem[],
): value is readonly ConfigProblem[] {
  return Array.isArray(value)
}
