import type { DetailedError, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
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
  /** By `file:line:column`. */
  readonly policies: ReadonlyMap<string, PolicyJson>
  readonly problems: readonly ConfigProblem[]
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
  const policies = new Map<string, PolicyJson>()
  const problems: ConfigProblem[] = []
  for (const file of files) {
    if (
      policies.size + problems.length > 0 &&
      files.find(({ file: name }) => name === file.file) !== file
    ) {
      problems.push(problem(start(file.file), 'the guardrail file was given twice'))
      continue
    }
    const statements = cedarStatements(file.text)
    const found = statements.map((statement) => readStatement(cedar, file, statement, schema))
    problems.push(...found.flatMap((result) => result.problems))
    for (const { id, policy } of found) if (policy !== null) policies.set(id, policy)
    // INVARIANT: what was checked one by one is all that Cedar sees in the file.
    if (
      found.every((result) => result.policy !== null) &&
      countPolicies(cedar, file.text) !== statements.length
    ) {
      problems.push(problem(start(file.file), 'the file could not be split into its policies'))
    }
  }
  return { policies, problems }
}

function readStatement(
  cedar: Cedar,
  file: GuardrailFile,
  statement: CedarStatement,
  schema: string,
) {
  const position = positionAt(file.file, file.text, statement.start)
  const id = positionText(position)
  const fail = (...problems: ConfigProblem[]) => ({ id, policy: null, problems })
  const parsed = cedar.policyToJson(statement.text)
  if (parsed.type === 'failure') {
    if (cedar.templateToJson(statement.text).type === 'success') {
      return fail(
        problem(
          position,
          'a guardrail may not be a template',
          'name the principal and resource instead of `?principal` and `?resource`',
        ),
      )
    }
    return fail(...parsed.errors.slice(0, 1).map((error) => cedarProblem(file, statement, error)))
  }
  if (parsed.json.effect !== 'forbid') {
    const fix = 'write it as an `allow` of the scope files that it is meant for'
    return fail(
      problem(position, 'a guardrail may only forbid; a `permit` would widen every scope', fix),
    )
  }
  const checked = cedar.validate({ schema, policies: { staticPolicies: { [id]: statement.text } } })
  if (checked.type === 'failure') {
    return fail(...checked.errors.map((error) => cedarProblem(file, statement, error)))
  }
  const errors = checked.validationErrors.map(({ error }) => cedarProblem(file, statement, error))
  if (errors.length > 0) return fail(...errors)
  const problems = checked.validationWarnings.map(({ error }) =>
    cedarProblem(file, statement, error, 'warning'),
  )
  return { id, policy: parsed.json, problems }
}

function countPolicies(cedar: Cedar, text: string): number | null {
  const parts = cedar.policySetTextToParts(text)
  return parts.type === 'success' ? parts.policies.length + parts.policy_templates.length : null
}

function cedarProblem(
  file: GuardrailFile,
  statement: CedarStatement,
  error: DetailedError,
  severity: 'error' | 'warning' = 'error',
): ConfigProblem {
  const byte = error.sourceLocations?.[0]?.start
  const inside = byte === undefined ? 0 : offsetOfByte(statement.text, byte)
  const position = positionAt(file.file, file.text, statement.start + inside)
  return { position, severity, message: cedarMessage(error), fix: error.help }
}

// Cedar's messages name the policy's id, which the position already says, and span lines.
function cedarMessage(error: DetailedError): string {
  const label = error.sourceLocations?.[0]?.label ?? null
  const text = error.message.replace(/^for policy `[^`]*`, /, '').replaceAll(/\s+/g, ' ')
  return label === null || text.includes(label) ? text : `${text}: ${label}`
}

function problem(position: Position, message: string, fix: string | null = null): ConfigProblem {
  return { position, severity: 'error', message, fix }
}

function start(file: string): Position {
  return { file, line: 1, column: 1 }
}
