import type { z } from 'zod'

const MOST_ISSUES = 5

/**
 * What is wrong with an input, for the model: where, and what would be right. INVARIANT: names of fields and limits only,
 * never a value that was given. It answers the agent that gave it and is not recorded.
 */
export function inputProblem(error: z.ZodError): string {
  const lines = error.issues.slice(0, MOST_ISSUES).map(issueText)
  const more = error.issues.length - lines.length
  return `the input does not fit: ${lines.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function issueText(issue: z.core.$ZodIssue): string {
  const at =
    issue.path.length === 0 ? 'the input' : `\`${issue.path.map(String).join('.').slice(0, 80)}\``
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${at} has fields that the tool does not take: ${issue.keys.slice(0, 5).map(clipped).join(', ')}`
    case 'invalid_type':
      return `${at} must be ${issue.expected}`
    case 'invalid_value':
      return `${at} must be one of ${issue.values.map((value) => `\`${String(value)}\``).join(', ')}`
    case 'custom':
      return `${at}: ${issue.message}`
    default:
      return `${at}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`
  }
}

function clipped(key: string): string {
  return `\`${key.slice(0, 40)}\``
}
