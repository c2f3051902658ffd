import { type Refusal, refuse } from '../core/refusal.ts'
import { type Position, positionText } from '../core/rule.ts'
import type { ConfigProblem } from '../core/snapshot.ts'

/** A mistake at a place. */
export function mistake(
  position: Position,
  message: string,
  fix: string | null = null,
): ConfigProblem {
  return { position, severity: 'error', message, fix }
}

/** Something valid but doubtful at a place. */
export function doubt(
  position: Position,
  message: string,
  fix: string | null = null,
): ConfigProblem {
  return { position, severity: 'warning', message, fix }
}

/** The head of a file, for what concerns it as a whole. */
export function startOf(file: string): Position {
  return { file, line: 1, column: 1 }
}

/** `agents/cursor.yaml:3:5 unknown key `tool`; did you mean `tools``, as people are shown it. */
export function problemText(problem: ConfigProblem): string {
  const fix = problem.fix === null ? '' : `; ${problem.fix}`
  return `${positionText(problem.position)} ${problem.message}${fix}`
}

/** What a call is answered with that needs what these mistakes govern: the first of them, and how many more. Null where there is none. */
export function refusalOf(problems: readonly ConfigProblem[]): Refusal | null {
  const errors = problems.filter((problem) => problem.severity === 'error')
  const first = errors[0]
  if (first === undefined) return null
  const more = errors.length - 1
  const rest = more === 0 ? '' : ` (and ${more} more: \`keyhand scope check\` shows them)`
  return refuse(
    'config_error',
    `${positionText(first.position)} ${first.message}${rest}`,
    first.fix ?? 'correct the file; `keyhand scope check` checks it',
  )
}
