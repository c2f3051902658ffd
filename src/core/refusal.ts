/**
 * Why a call was not performed. A refusal is expected, so it is a value, never an exception.
 *
 * One exhaustive switch (`server/answer.ts`) maps a reason to what the agent sees.
 */
export type RefusalReason =
  | 'config_error' // the catalog, the scope file or a guardrail has a mistake
  | 'no_scope' // the agent has no scope file
  | 'expired' // the scope file's `expires` has passed
  | 'unknown_tool' // not in the catalog, or not in the scope
  | 'invalid_input' // the input does not fit the tool's schema, or cannot be made canonical
  | 'no_rule' // no allow rule matches
  | 'denied' // a deny rule or a guardrail matches
  | 'policy_error' // a rule could not be evaluated
  | 'needs_approval' // a rule asks for a human, and none is set up or none said yes
  | 'limit' // a rule's limit, or the fixed limit of refused attempts, is used up
  | 'input_holds_secret' // the input contains a registered value or a run of one
  | 'probing' // the agent is stopped until an admin clears it
  | 'unavailable' // trail or state cannot be written, so nothing is performed

/** A call that was refused: what the agent can act on. INVARIANT: `message` and `fix` never hold a value of a secret. */
export interface Refusal {
  readonly refused: true
  readonly reason: RefusalReason
  /** What was wrong: lower case, no full stop. */
  readonly message: string
  /** What would be right, or whom to ask; null where the message says it all. */
  readonly fix: string | null
}

/** Makes a refusal. */
export function refuse(reason: RefusalReason, message: string, fix: string | null = null): Refusal {
  return { refused: true, reason, message, fix }
}

/** True where a step answered with a refusal instead of its result. */
export function isRefusal(value: unknown): value is Refusal {
  return (
    typeof value === 'object' && value !== null && (value as { refused?: unknown }).refused === true
  )
}
