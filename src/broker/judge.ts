import type { Action } from '../core/action.ts'
import type { Decision } from '../core/decision.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import { ruleSuggestion } from '../core/rule-suggestion.ts'
import type { ToolType } from '../tools/tool-type.ts'

/** What a decision means for the call: null where it may go on, else the refusal that the agent sees. */
export function refusalOf(agent: string, decision: Decision): Refusal | null {
  const file = `agents/${agent}.yaml`
  switch (decision.reason) {
    case 'allowed':
      return null
    case 'no_rule':
      return refuse(
        'no_rule',
        `no rule of ${file} allows this call`,
        'a human can add a rule to that file',
      )
    case 'denied':
      return refuse(
        'denied',
        `${decision.rules.join(', ')} forbids this call`,
        'a human would have to change that rule',
      )
    case 'expired':
      return refuse(
        'expired',
        `the scope of agent \`${agent}\` has expired`,
        `a human can set a new \`expires\` in ${file}`,
      )
    case 'policy_error':
      return refuse(
        'policy_error',
        decision.detail ?? 'a policy could not be evaluated, so the call is refused',
        'a human must mend it: `keyhand scope check` shows where',
      )
  }
}

/** The smallest addition to the scope file that would allow exactly this action; only where nothing forbids it. */
export function suggestionFor(
  agent: string,
  type: ToolType,
  action: Action,
  decision: Decision,
): string | null {
  if (decision.reason !== 'no_rule') return null
  return suggestedRule(agent, type, action)
}

/** The rule for exactly this action as it would stand in the scope file; null where no rule can say it. */
export function suggestedRule(agent: string, type: ToolType, action: Action): string | null {
  const rule = type.ruleFor(action)
  return rule === null ? null : ruleSuggestion(agent, action.tool, rule)
}
