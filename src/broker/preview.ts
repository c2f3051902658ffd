import type { Action } from '../core/action.ts'
import type { Decision } from '../core/decision.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { Scope, Snapshot } from '../core/snapshot.ts'
import type { PolicyEngine } from '../policy/policy-engine.ts'
import type { ToolType } from '../tools/tool-type.ts'
import { refusalOf, suggestedRule, suggestionFor } from './judge.ts'
import { canonicalAction, reach } from './prepare.ts'

/** What a call would be answered with, for an admin: nothing is performed, counted or recorded. */
export interface Preview {
  readonly action: Action | null
  readonly decision: Decision | null
  /** Null where the call would be performed (limits aside). */
  readonly refusal: Refusal | null
  /** The smallest addition to the scope file that would allow exactly this call, as YAML; null where none would. */
  readonly suggestion: string | null
}

/** Asks the same questions as a call does, up to the decision. */
export async function previewCall(
  world: {
    readonly snapshot: Snapshot
    readonly toolTypes: ReadonlyMap<string, ToolType>
    readonly policy: PolicyEngine
    readonly now: number
  },
  call: { readonly tool: string; readonly input: unknown },
): Promise<Preview> {
  const { snapshot, toolTypes, policy, now } = world
  const tool = reach(snapshot, call.tool, toolTypes)
  if (isRefusal(tool))
    return { action: null, decision: null, refusal: tool, suggestion: firstRule(world, call) }
  const action = canonicalAction(tool, call.input)
  if (isRefusal(action)) return { action: null, decision: null, refusal: action, suggestion: null }
  const decision = await policy.decide(action, tool.slice, now)
  const denied = refusalOf(snapshot.agent, decision)
  const suggestion = suggestionFor(snapshot.agent, tool.type, action, decision)
  if (denied === null && decision.approval !== null) {
    const refusal = refuse('needs_approval', 'this call needs approval by a human')
    return { action, decision, refusal, suggestion: null }
  }
  return { action, decision, refusal: denied, suggestion }
}

// A tool of the catalog that the scope does not name yet: the admin, unlike the agent, is shown the rule that would add it.
function firstRule(
  world: { readonly snapshot: Snapshot; readonly toolTypes: ReadonlyMap<string, ToolType> },
  call: { readonly tool: string; readonly input: unknown },
): string | null {
  const { snapshot, toolTypes } = world
  if (snapshot.refusal !== null || isRefusal(snapshot.scope) || snapshot.scope.tools.has(call.tool))
    return null
  const scope: Scope = {
    ...snapshot.scope,
    tools: new Map([[call.tool, unscoped(call.tool, snapshot.agent)]]),
  }
  const tool = reach({ ...snapshot, scope }, call.tool, toolTypes)
  if (isRefusal(tool)) return null
  const action = canonicalAction(tool, call.input)
  return isRefusal(action) ? null : suggestedRule(snapshot.agent, tool.type, action)
}

function unscoped(name: string, agent: string) {
  return {
    name,
    rules: [],
    limits: [],
    position: { file: `agents/${agent}.yaml`, line: 1, column: 1 },
  }
}
