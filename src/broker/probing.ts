import type { AuditTrail } from '../audit/audit-event.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import type { RedactionCounts } from '../redaction/redaction-port.ts'
import type { AgentBlocks } from '../state/state-port.ts'

/** An echo full of guesses shows by what is blanked which guess is right; these bounds end that. */
const MOST_PARTIAL_IN_MESSAGE = 3
const MOST_INPUTS = 3
const MOST_PARTIAL_IN_WINDOW = 10
const WINDOW_MS = 3_600_000

/** Counts what looks like guessing at values, and stops the agent that does it until an admin clears it. */
export interface ProbingGuard {
  /** The refusal of an agent that was stopped; null where it may call. */
  stopped(agent: string): Promise<Refusal | null>
  /** An input held a registered value or a run of one. True where this stopped the agent. */
  sawInput(agent: string, call: string): Promise<boolean>
  /** What redaction found in an answer. True where this stopped the agent: the answer is withheld. */
  sawAnswer(agent: string, call: string, counts: RedactionCounts): Promise<boolean>
}

export function createProbingGuard(options: {
  readonly blocks: AgentBlocks
  readonly trail: AuditTrail
  now(): number
}): ProbingGuard {
  async function stop(agent: string, call: string, reason: string): Promise<true> {
    await options.blocks.block(agent, reason, options.now())
    await options.trail.append({
      kind: 'admin',
      agent,
      call,
      reason: 'probing',
      change: { what: 'agent stopped', why: reason },
    })
    return true
  }
  return {
    async stopped(agent) {
      const block = await options.blocks.blocked(agent)
      if (block === null) return null
      return refuse(
        'probing',
        `agent \`${agent}\` is stopped since ${new Date(block.since).toISOString()}: ${block.reason}`,
        `a human can look at \`keyhand audit show --agent ${agent}\` and clear it with \`keyhand agent unblock ${agent}\``,
      )
    },
    async sawInput(agent, call) {
      const inputs = await options.blocks.strike(agent, 'input', 1, options.now(), WINDOW_MS)
      return inputs >= MOST_INPUTS
        ? stop(agent, call, `${inputs} inputs in an hour held a value of a secret or a part of one`)
        : false
    },
    async sawAnswer(agent, call, counts) {
      if (counts.partial === 0) return false
      const inWindow = await options.blocks.strike(
        agent,
        'partial',
        counts.partial,
        options.now(),
        WINDOW_MS,
      )
      if (counts.partial > MOST_PARTIAL_IN_MESSAGE) {
        return stop(agent, call, `one answer held ${counts.partial} different parts of values`)
      }
      return inWindow >= MOST_PARTIAL_IN_WINDOW
        ? stop(agent, call, `answers in an hour held ${inWindow} parts of values`)
        : false
    },
  }
}
