import { isRefusal, type Refusal } from '../core/refusal.ts'
import type { ScopeRule } from '../core/rule.ts'
import { limitText, ruleLine } from '../core/rule-line.ts'
import type { ScopedTool, Snapshot } from '../core/snapshot.ts'
import type { ScopeReport } from './call.ts'

/** What `keyhand_scope` tells the agent: what it may do, its limits, and what it would have to ask a human for. */
export function scopeReport(
  snapshot: Snapshot,
  state: { now: number; guardrailProblem: string | null },
): ScopeReport {
  const { agent, scope } = snapshot
  const file = `agents/${agent}.yaml`
  const problems = [snapshot.refusal, scope, snapshot.guardrails].filter(isRefusal).map(problemText)
  if (state.guardrailProblem !== null) problems.push(state.guardrailProblem)
  const right = isRefusal(scope) ? null : scope
  const expiresAt = right?.expiresAt ?? null
  if (expiresAt !== null && state.now >= expiresAt) {
    problems.push(`the scope has expired; a human can set a new \`expires\` in ${file}`)
  }
  const tools =
    right === null ? [] : [...right.tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return {
    agent,
    expires: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    problems,
    tools: tools.map((tool) => toolReport(snapshot, tool)),
    ask: `what is not listed is refused; a refusal shows the smallest rule that would allow that call, and only a human can add it to ${file}`,
  }
}

function toolReport(snapshot: Snapshot, tool: ScopedTool): ScopeReport['tools'][number] {
  const entry = snapshot.tools.get(tool.name)
  const right = entry === undefined || isRefusal(entry) ? null : entry
  const lines = (effect: ScopeRule['effect']) =>
    tool.rules.filter((rule) => rule.effect === effect).map(ruleLine)
  return {
    name: tool.name,
    type: right?.type ?? 'unknown',
    description: right?.description ?? null,
    allow: lines('allow'),
    deny: lines('deny'),
    limits: tool.limits.map(limitText),
    problem: entry !== undefined && isRefusal(entry) ? problemText(entry) : null,
  }
}

function problemText(refusal: Refusal): string {
  return refusal.fix === null ? refusal.message : `${refusal.message}; ${refusal.fix}`
}
