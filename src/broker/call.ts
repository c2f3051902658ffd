import type { ClientInfo } from '../core/agent.ts'
import type { BrokerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { Refusal } from '../core/refusal.ts'
import type { ToolAnnotations, ToolResult } from '../tools/tool-type.ts'

/** One `tools/call`, as the server received it. */
export interface CallRequest {
  readonly tool: string
  readonly input: unknown
  readonly client: ClientInfo | null
  /** The protocol revision that the client speaks: `2026-07-28`. */
  readonly era: string
  readonly signal: AbortSignal
  progress(message: string): void
}

/** What came of a call. `call` is its id, which `keyhand audit show ID` finds. */
export type CallAnswer =
  | { readonly kind: 'performed'; readonly call: string; readonly result: ToolResult }
  | {
      readonly kind: 'refused'
      readonly call: string
      readonly refusal: Refusal
      /** The smallest addition to the scope file that would allow exactly this call, as YAML; null where none would. */
      readonly suggestion: string | null
    }
  | { readonly kind: 'failed'; readonly call: string; readonly error: BrokerError }

/** One entry of `tools/list`. */
export interface ListedTool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: JsonObject
  readonly outputSchema: JsonObject
  readonly annotations: ToolAnnotations
}

/** What `keyhand_scope` answers: what the agent may do, and what it would have to ask a human for. */
export interface ScopeReport {
  readonly agent: string
  /** RFC 3339; null where the scope does not end. */
  readonly expires: string | null
  /** What stands in the way of all calls, and what the human must do; empty where nothing does. */
  readonly problems: readonly string[]
  readonly tools: readonly {
    readonly name: string
    readonly type: string
    readonly description: string | null
    /** One line each, for people and models. */
    readonly allow: readonly string[]
    readonly deny: readonly string[]
    readonly limits: readonly string[]
    /** What stands in the way of this tool; null where nothing does. */
    readonly problem: string | null
  }[]
  /** What to ask a human for, and how. */
  readonly ask: string
}

/** What a server needs of the broker of one agent. */
export interface AgentBroker {
  /** Never throws. */
  call(request: CallRequest): Promise<CallAnswer>
  /** In a fixed order; without `keyhand_scope`, which the server adds. */
  tools(): Promise<readonly ListedTool[]>
  scope(): Promise<ScopeReport>
}
