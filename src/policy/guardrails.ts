import type { DetailedError, ValidationError } from '@cedar-policy/cedar-wasm/nodejs'
import { BrokerError } from '../core/errors.ts'
import { type Position, positionText } from '../core/rule.ts'
import type { ConfigProblem, GuardrailFile } from '../core/snapshot.ts'
import type { Cedar } from './cedar.ts'
import {
  type CedarStatement,
  cedarStatements,
  offsetOfByte,
  positionAt,
} from './cedar-statements.ts'

/** The guardrails of all files, ready to be decided with; usable only where no problem is an error. */
export interface Guardrails {
  /** Their text by `file:line:column`; as JSON, JavaScript would round their large numbers. */
  readonly policies: ReadonlyMap<string, string>
  readonly problems: readonly ConfigProblem[]
}

interface Forbid {
  readonly file: GuardrailFile
  readonly statement: CedarStatement
}

/**
 * Reads the guardrail files: each policy forbids, is no template and is strictly valid against the schema. A `permit` would widen
 * every agent's scope, so it is an error.
 */
export function readGuardrails(
  cedar: Cedar,
  files: readonly GuardrailFile[],
  schema: string,
): Guardrails {
  const forbids = new Map<string, Forbid>()
  const problems: ConfigProblem[] = []
  for (const file of files) {
    const statements = cedarStatements(file.text)
    let read = 0
    for (const statement of statements) {
      const position = positionAt(file.file, file.text, statement.start)
      const id = positionText(position)
      const wrong = forbidProblem(cedar, file, statement, position)
      if (wrong !== null) problems.push(wrong)
      else if (forbids.has(id))
        problems.push(problem(position, 'the guardrail file was given twice'))
      else forbids.set(id, { file, statement })
      if (wrong === null) read++
    }
    // INVARIANT: what was read one by one is all that Cedar sees in the file.
    if (read === statements.length && countPolicies(cedar, file.text) !== read) {
      const position = { file: file.file, line: 1, column: 1 }
      problems.push(problem(position, 'the file could not be split into its policies'))
    }
  }
  problems.push(...validate(cedar, forbids, schema))
  const texts = [...forbids].map(([id, { statement }]) => [id, statement.text] as const)
  return { policies: new Map(texts), problems }
}

function forbidProblem(
  cedar: Cedar,
  file: GuardrailFile,
  statement: CedarStatement,
  position: Position,
): ConfigProblem | null {
  const parsed = cedar.policyToJson(statement.text)
  if (parsed.type === 'success' && parsed.json.effect === 'forbid') return null
  if (parsed.type === 'success') {
    const fix = 'write it as an `allow` of the scope files that it is meant for'
    return problem(position, 'a guardrail may only forbid; a `permit` would widen every scope', fix)
  }
  if (cedar.templateToJson(statement.text).type === 'success') {
    const fix = 'name the principal and the resource instead of `?principal` and `?resource`'
    return problem(position, 'a guardrail may not be a template', fix)
  }
  const [error] = parsed.errors
  if (error === undefined) return problem(position, 'the policy could not be parsed')
  return cedarProblem(file, statement, error, 'error')
}

function validate(
  cedar: Cedar,
  forbids: ReadonlyMap<string, Forbid>,
  schema: string,
): ConfigProblem[] {
  if (forbids.size === 0) return []
  const texts = [...forbids].map(([id, { statement }]) => [id, statement.text] as const)
  const checked = cedar.validate({
    schema,
    policies: { staticPolicies: Object.fromEntries(texts) },
  })
  if (checked.type !== 'success') {
    throw new BrokerError('policy_failed', 'the guardrails could not be validated')
  }
  const problemOf = (severity: 'error' | 'warning') => (found: ValidationError) => {
    const forbid = forbids.get(found.policyId)
    if (forbid === undefined)
      throw new BrokerError('policy_failed', 'an unknown guardrail is wrong')
    return cedarProblem(forbid.file, forbid.statement, found.error, severity)
  }
  const problems = [
    ...checked.validationErrors.map(problemOf('error')),
    ...checked.validationWarnings.map(problemOf('warning')),
  ]
  // Cedar's order is of its own hashing; people read by place.
  return problems.toSorted(byPlace)
}

function byPlace(
  { position: a, message: x }: ConfigProblem,
  { position: b, message: y }: ConfigProblem,
) {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column || (x < y ? -1 : 1)
}

function countPolicies(cedar: Cedar, text: string): number | null {
  const parts = cedar.policySetTextToParts(text.replace(/^\ufeff/, ''))
  return parts.type === 'success' ? parts.policies.length + parts.policy_templates.length : null
}

function cedarProblem(
  file: GuardrailFile,
  statement: CedarStatement,
  error: DetailedError,
  severity: 'error' | 'warning',
): ConfigProblem {
  const byte = error.sourceLocations?.[0]?.start
  const inside = byte === undefined ? 0 : offsetOfByte(statement.text, byte)
  const position = positionAt(file.file, file.text, statement.start + inside)
  return { position, severity, message: cedarMessage(error), fix: error.help }
}

// Cedar's messages name the policy's id, which the position already says, and span lines.
function cedarMessage(error: DetailedError): string {
  const label = error.sourceLocations?.[0]?.label ?? null
  const text = error.message
    .replace(/^(for policy `[^`]*`, |failed to parse policy from string: )/, '')
    .replaceAll(/\s+/g, ' ')
  return label === null || text.includes(label) ? text : `${text}: ${label}`
}

function problem(position: Position, message: string, fix: string | null = null): ConfigProblem {
  return { position, severity: 'error', message, fix }
}
