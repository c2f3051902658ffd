import type { AuditTrail } from '../audit/audit-event.ts'
import type { Action } from '../core/action.ts'
import type { Decision } from '../core/decision.ts'
import { asBrokerError, type BrokerError } from '../core/errors.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import type { RedactionSession } from '../redaction/redaction-port.ts'
import type { Counters } from '../state/state-port.ts'
import type { CallAnswer, CallRequest } from './call.ts'
import { type CallState, commonFields } from './call-state.ts'
import { takeRefused } from './limits.ts'

/** A refusal on its way to the agent, with what the trail should know of it. */
export interface Refused {
  readonly kind: 'refusing'
  readonly refusal: Refusal
  readonly action: Action | null
  readonly decision: Decision | null
  readonly suggestion: string | null
}

/** Records refused attempts, and gives the agent its answer. */
export interface Refusals {
  /** @throws BrokerError where it cannot be recorded. */
  answer(state: CallState, refused: Refused): Promise<CallAnswer>
  /** A fault before the intent: nothing was performed. Recorded, where that is not what failed. Never throws. */
  fault(call: string, request: CallRequest, thrown: unknown): Promise<CallAnswer>
}

export function createRefusals(options: {
  readonly agent: string
  readonly counters: Counters
  readonly trail: AuditTrail
  now(): number
}): Refusals {
  const { agent, counters, trail } = options
  let unrecorded = false

  /** The name that an agent gave is its own text: what is or looks like a value is not recorded. */
  async function shownTool(tool: string, session: RedactionSession | null): Promise<string> {
    return trail.maskPath((session?.text(tool) ?? tool).slice(0, 64))
  }

  return {
    async answer(state, refused) {
      const { action, decision, refusal } = refused
      const answer: CallAnswer = {
        kind: 'refused',
        call: state.id,
        refusal: redactedRefusal(refusal, state.session),
        suggestion: refused.suggestion === null ? null : state.session.text(refused.suggestion),
      }
      const room = await takeRefused(counters, agent, options.now())
      if (!room && unrecorded) return tooManyRefused(state.id)
      // The first one past the limit is recorded and says so; the rest would only flood the trail.
      unrecorded = !room
      await trail.append({
        ...commonFields(state, action, decision),
        kind: 'refused',
        decision: refusal.reason === 'needs_approval' ? 'approval' : 'deny',
        ...(action === null ? { tool: await shownTool(state.request.tool, state.session) } : {}),
        ...(action === null || action.path === null
          ? {}
          : { path: await trail.maskPath(action.path) }),
        ms: options.now() - state.startedAt,
        reason: room
          ? refusal.reason
          : `${refusal.reason}; further refused attempts are not recorded until the limit has room`,
      })
      return room ? answer : tooManyRefused(state.id)
    },
    async fault(call, request, thrown) {
      let error = asBrokerError(thrown)
      if (!isUnavailable(error)) {
        try {
          const tool = await shownTool(request.tool, null)
          const { code } = error
          await trail.append({
            kind: 'refused',
            call,
            agent,
            tool,
            reason: 'fault',
            error: { code },
          })
          return { kind: 'failed', call, error }
        } catch (unrecordable) {
          error = asBrokerError(unrecordable)
        }
      }
      const refusal = refuse('unavailable', `nothing was performed: ${error.message}`, error.fix)
      return { kind: 'refused', call, refusal, suggestion: null }
    },
  }
}

function isUnavailable({ code }: BrokerError): boolean {
  return code === 'audit_unavailable' || code === 'state_unavailable'
}

function redactedRefusal(refusal: Refusal, session: RedactionSession): Refusal {
  const fix = refusal.fix === null ? null : session.text(refusal.fix)
  return refuse(refusal.reason, session.text(refusal.message), fix)
}

function tooManyRefused(call: string): CallAnswer {
  return {
    kind: 'refused',
    call,
    refusal: refuse(
      'limit',
      'too many refused attempts in the last hour',
      'call keyhand_scope to see what is allowed',
    ),
    suggestion: null,
  }
}
