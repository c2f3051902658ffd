import type { Limit, ScopeRule } from '../core/rule.ts'
import type { GuardrailFile } from '../core/snapshot.ts'

/**
 * All that decides over one agent and one tool. Made once per snapshot: policy/ keeps what it pre-parsed by the object's
 * identity, so a slice made anew for each call is parsed anew for each call.
 */
export interface Slice {
  readonly agent: string
  readonly tool: string
  /** The tool's type, `http`. */
  readonly type: string
  readonly rules: readonly ScopeRule[]
  /** Limits of the tool as a whole. */
  readonly toolLimits: readonly Limit[]
  /** The first moment at which the scope is no longer valid, in ms since the epoch; null where it does not end. */
  readonly expiresAt: number | null
  /** What the secrets of the tool carry: by name of tag each value that one of them has, `''` where one has no such tag. */
  readonly secretTags: ReadonlyMap<string, readonly string[]>
  /** The profile that the agent runs under; null where it runs under none. */
  readonly profile: string | null
  readonly guardrails: readonly GuardrailFile[]
}
