import type { CallToolResult } from '@modelcontextprotocol/server'
import type { CallAnswer } from '../broker/call.ts'
import type { BrokerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { Refusal, RefusalReason } from '../core/refusal.ts'

/** Where an answer carries its call's id outside of what a tool says, so that it is there whatever the answer is. */
export const CALL_META = 'keyhand/call'

/** What the client is answered. A failure is told so that a model can act on it: no stack, no value, always the call's id. */
export function answerCall(agent: string, answer: CallAnswer): CallToolResult {
  switch (answer.kind) {
    case 'performed': {
      // Last, so that nothing an upstream says can take its place.
      const structured = { ...answer.result.structured, call: answer.call }
      return answerStructured(structured, answer.result.failed, answer.call)
    }
    case 'refused':
      return answerError(refusalText(agent, answer.refusal, answer.suggestion), answer.call)
    case 'failed':
      return answerError(failureText(answer.error), answer.call)
  }
}

/** A result that fits the tool's outputSchema, with the same as text for clients that show only that. */
export function answerStructured(
  structured: JsonObject,
  failed: boolean,
  call: string | null,
): CallToolResult {
  return {
    content: [{ type: 'text', text: JSON.stringify(structured) }],
    structuredContent: structured,
    ...(failed ? { isError: true } : {}),
    ...(call === null ? {} : { _meta: { [CALL_META]: call } }),
  }
}

/** An answer without structured content: that would have to fit the outputSchema, which tells of something done. */
export function answerError(text: string, call: string | null): CallToolResult {
  const ids =
    call === null ? '' : `\ncall: ${call} (a human finds it with: keyhand audit show ${call})`
  return {
    content: [{ type: 'text', text: `${text}${ids}` }],
    isError: true,
    ...(call === null ? {} : { _meta: { [CALL_META]: call } }),
  }
}

/** What failed, and what would help. */
export function failureText(error: BrokerError): string {
  const fix = error.fix === null ? '' : `\nfix: ${error.fix}`
  return `failed (${error.code}): ${error.message}${fix}`
}

function refusalText(agent: string, refusal: Refusal, suggestion: string | null): string {
  const { heading, next } = refusalWords(refusal.reason, agent)
  const lines = [`${heading} (${refusal.reason}): ${refusal.message}`]
  if (refusal.fix !== null) lines.push(`fix: ${refusal.fix}`)
  if (suggestion !== null) {
    lines.push(
      `the smallest rule that would allow exactly this call (a human must add this to ${scopeFile(agent)}; nothing applies it by itself):`,
      suggestion.trimEnd(),
    )
  }
  lines.push(`next: ${next}`)
  return lines.join('\n')
}

interface RefusalWords {
  readonly heading: string
  /** What the model should do now. */
  readonly next: string
}

/** The one place that maps a reason to what the agent sees; the trail has why. */
function refusalWords(reason: RefusalReason, agent: string): RefusalWords {
  const refused = 'refused, nothing was performed'
  switch (reason) {
    case 'config_error':
      return {
        heading: refused,
        next: 'tell the human which file and line has the mistake; it is refused until that is right',
      }
    case 'no_scope':
      return {
        heading: refused,
        next: `ask the human to write ${scopeFile(agent)}; until then nothing is allowed`,
      }
    case 'expired':
      return {
        heading: refused,
        next: `ask the human to set a new \`expires\` in ${scopeFile(agent)}`,
      }
    case 'unknown_tool':
      return {
        heading: refused,
        next: 'call keyhand_scope to see which tools there are, and use one of those',
      }
    case 'invalid_input':
      return { heading: refused, next: 'correct the input and call again' }
    case 'no_rule':
      return {
        heading: 'refused by default, no rule allows it and nothing was performed',
        next: 'do what your scope allows (see keyhand_scope), or ask the human for the rule; calling again changes nothing',
      }
    case 'denied':
      return {
        heading: 'refused by a rule that denies it, nothing was performed',
        next: 'do not look for a way around it; ask the human if you need it',
      }
    case 'policy_error':
      return {
        heading: refused,
        next: 'tell the human that a rule could not be evaluated; calling again changes nothing',
      }
    case 'needs_approval':
      return { heading: 'not performed without the yes of a human', next: 'ask the human' }
    case 'limit':
      return {
        heading: 'refused for now, nothing was performed',
        next: 'wait before you call again; do not retry in a loop',
      }
    case 'input_holds_secret':
      return {
        heading: refused,
        next: 'leave credentials out of the input; keyhand puts them in itself',
      }
    case 'probing':
      return {
        heading: 'stopped, nothing was performed',
        next: 'stop calling; only a human can clear this',
      }
    case 'unavailable':
      return {
        heading: refused,
        next: 'tell the human; calls are refused until the audit trail and the state can be written',
      }
  }
}

function scopeFile(agent: string): string {
  return `agents/${agent}.yaml`
}
