import type { Action } from '../core/action.ts'

export interface ApprovalRequest {
  readonly call: string
  readonly agent: string
  readonly action: Action
  /** `file:line:column` of the rules that ask. */
  readonly rules: readonly string[]
}

export type ApprovalAnswer =
  | { readonly approved: true; readonly by: string }
  | { readonly approved: false; readonly reason: string }

/** A way to ask a human. Anything but a clear yes is a no. */
export interface Approver {
  readonly type: string
  ask(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalAnswer>
}
