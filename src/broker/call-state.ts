import type { AuditEvent } from '../audit/audit-event.ts'
import { type Action, actionId } from '../core/action.ts'
import type { Decision } from '../core/decision.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { RedactionSession } from '../redaction/redaction-port.ts'
import type { CallRequest } from './call.ts'

/** What stays the same for all records of one call. */
export interface CallState {
  readonly id: string
  readonly request: CallRequest
  readonly session: RedactionSession
  readonly startedAt: number
  readonly snapshot: Snapshot
}

/** The fields that all records of one action share. */
export function commonFields(
  { id, request, snapshot }: CallState,
  action: Action | null,
  decision: Decision | null,
): Omit<AuditEvent, 'kind'> {
  return {
    call: id,
    agent: snapshot.agent,
    ...(snapshot.profile === null ? {} : { profile: snapshot.profile }),
    ...(request.client === null ? {} : { client: request.client }),
    era: request.era,
    config: snapshot.hashes,
    ...(decision === null ? {} : { decision: decision.effect, rules: decision.rules }),
    ...(action === null
      ? {}
      : {
          tool: action.tool,
          action: actionId(action),
          verb: action.verb,
          target: action.target,
        }),
  }
}
