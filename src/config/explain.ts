import { isRefusal, type Refusal } from '../core/refusal.ts'
import { limitText, ruleLine } from '../core/rule-line.ts'
import type { Snapshot } from '../core/snapshot.ts'

/** One rule for people: where it stands and what it says. */
export interface ExplainedRule {
  readonly id: string
  readonly line: string
}

/** What an agent may do with one tool, for people. */
export interface ExplainedTool {
  readonly name: string
  /** Null where the catalog's tool is wrong or not there. */
  readonly type: string | null
  readonly description: string | null
  readonly allow: readonly ExplainedRule[]
  readonly deny: readonly ExplainedRule[]
  /** Limits of the tool as a whole; a rule's own stand in its line. */
  readonly limits: readonly string[]
  /** Why no call of it is performed; null where nothing stands in the way. */
  readonly problem: Refusal | null
}

/** What `keyhand scope show AGENT` shows. */
export interface ExplainedScope {
  readonly agent: string
  /** RFC 3339, the first moment at which it is no longer valid; null where it does not end. */
  readonly expires: string | null
  /** The profiles that it may run under, the default first; empty where it runs on the catalog as it stands. */
  readonly profiles: readonly string[]
  /** What stands in the way of every call; empty where nothing does. */
  readonly refusals: readonly Refusal[]
  /** By name. */
  readonly tools: readonly ExplainedTool[]
}

/** A scope in words. What `scope check` shows are the snapshot's `problems`. */
export function explainScope(snapshot: Snapshot): ExplainedScope {
  const { agent, scope, guardrails, refusal } = snapshot
  const refusals = [refusal, scope, guardrails].filter((part) => isRefusal(part))
  if (isRefusal(scope)) return { agent, expires: null, profiles: [], refusals, tools: [] }
  const tools = [...scope.tools.values()].map((tool): ExplainedTool => {
    const entry = snapshot.tools.get(tool.name)
    const known = entry === undefined || isRefusal(entry) ? null : entry
    const rules = (effect: 'allow' | 'deny') =>
      tool.rules
        .filter((rule) => rule.effect === effect)
        .map((rule) => ({ id: rule.id, line: ruleLine(rule) }))
    return {
      name: tool.name,
      type: known?.type ?? null,
      description: known?.description ?? null,
      allow: rules('allow'),
      deny: rules('deny'),
      limits: tool.limits.map(limitText),
      problem: isRefusal(entry) ? entry : null,
    }
  })
  const expires = scope.expiresAt === null ? null : new Date(scope.expiresAt).toISOString()
  const { profiles } = scope
  return {
    agent,
    expires,
    profiles,
    refusals,
    tools: tools.sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
