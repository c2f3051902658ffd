import type { Limit } from './rule.ts'

export type DecisionEffect = 'allow' | 'deny'

export type DecisionReason =
  | 'allowed' // at least one allow rule matches and nothing forbids
  | 'no_rule' // default deny
  | 'denied' // a deny rule or a guardrail matches
  | 'expired' // the scope file's date has passed
  | 'policy_error' // an evaluation error is a deny

/** A limit that counts for this call, with the rule that set it (null: the limit of the whole tool). */
export interface LimitUse {
  readonly limit: Limit
  readonly ruleKey: string | null
}

/** What policy said of one action, with the rules that said so. */
export interface Decision {
  readonly effect: DecisionEffect
  readonly reason: DecisionReason
  /** `file:line:column` (for a guardrail `file:policyId` or its line) of every rule that determined it; empty for `no_rule`. */
  readonly rules: readonly string[]
  /** The strictest obligations of all matching allow rules together. */
  readonly approval: 'human' | null
  readonly limits: readonly LimitUse[]
  /** For people, in English, lower case: why; null where the reason says it all. */
  readonly detail: string | null
}
