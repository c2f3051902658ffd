import type { CallToolResult, Tool } from '@modelcontextprotocol/server'
import type { ScopeReport } from '../broker/call.ts'
import { answerError, answerStructured } from './answer.ts'

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const textOrNull = { type: ['string', 'null'] } as const

/** The tool that every server lists, last: it tells the agent where it stands, and needs no scope file to do so. */
export const SCOPE_TOOL = {
  name: 'keyhand_scope',
  title: 'What you may do here',
  description:
    'Tells what this agent may do with which tools, its limits, when that ends, what stands in the way, and what to ask a human for. Takes no arguments and performs nothing. Call it before the first action, and after a refusal.',
  inputSchema: { type: 'object', additionalProperties: false },
  outputSchema: {
    type: 'object',
    properties: {
      agent: text,
      expires: { ...textOrNull, description: 'RFC 3339; null where it does not end' },
      problems: { ...texts, description: 'what stands in the way of all calls' },
      tools: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: text,
            type: text,
            description: textOrNull,
            allow: texts,
            deny: texts,
            limits: texts,
            problem: { ...textOrNull, description: 'what stands in the way of this tool' },
          },
          required: ['name', 'type', 'description', 'allow', 'deny', 'limits', 'problem'],
          additionalProperties: false,
        },
      },
      ask: { ...text, description: 'what to ask a human for, and how' },
    },
    required: ['agent', 'expires', 'problems', 'tools', 'ask'],
    additionalProperties: false,
  },
  annotations: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
} satisfies Tool

/** Answers a call of it. */
export function answerScope(input: unknown, report: ScopeReport): CallToolResult {
  if (typeof input === 'object' && input !== null && Object.keys(input).length > 0) {
    return answerError('refused (invalid_input): keyhand_scope takes no arguments', null)
  }
  const structured = {
    agent: report.agent,
    expires: report.expires,
    problems: report.problems,
    tools: report.tools.map((tool) => ({ ...tool })),
    ask: report.ask,
  }
  return answerStructured(structured, false, null)
}
