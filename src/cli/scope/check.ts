import { composeFamilies, composePolicy } from '../../compose.ts'
import { listAgents } from '../../config/agent-files.ts'
import { createConfigSource } from '../../config/config-source.ts'
import { AGENTS_FOLDER, CATALOG_FILE, scopeFile } from '../../config/home-layout.ts'
import { doubt, startOf } from '../../config/problem.ts'
import { isRefusal } from '../../core/refusal.ts'
import { positionText } from '../../core/rule.ts'
import type { ConfigProblem, GuardrailFile } from '../../core/snapshot.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'

/** A valid name that no file needs to have: catalog and guardrails are read for it where there is no agent yet. */
const NOBODY = 'nobody'

/** `keyhand scope check`: every mistake and warning of all files, in the order of files and lines. */
export async function scopeCheck(io: Io): Promise<ExitCode> {
  const { home } = io.places
  const families = composeFamilies(io)
  const { agents, problems: strays } = await listAgents(home)
  const found: ConfigProblem[] = [...strays]
  let guardrails: readonly GuardrailFile[] = []
  for (const agent of agents.length > 0 ? agents : [NOBODY]) {
    const snapshot = await createConfigSource({ home, agent, families }).snapshot()
    found.push(...snapshot.problems)
    if (!isRefusal(snapshot.guardrails)) guardrails = snapshot.guardrails
  }
  if (guardrails.length > 0) {
    found.push(...(await (await composePolicy(families)).checkGuardrails(guardrails)))
  }
  if (agents.length === 0) {
    found.push(
      doubt(
        startOf(AGENTS_FOLDER),
        'no agent has a scope file: nothing is allowed',
        'make a first one with `keyhand init --agent NAME`',
      ),
    )
  }
  const problems = sorted(
    found.filter(({ position }) => agents.length > 0 || position.file !== scopeFile(NOBODY)),
  )
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  for (const problem of problems) sayProblem(io, problem)
  io.say(summary({ errors, warnings, agents: agents.length, guardrails: guardrails.length }))
  io.data({
    home,
    agents,
    guardrails: guardrails.map(({ file }) => file),
    errors,
    warnings,
    problems: problems.map(({ position, severity, message, fix }) => ({
      file: position.file,
      line: position.line,
      column: position.column,
      severity,
      message,
      fix,
    })),
  })
  return errors > 0 ? EXIT.config : EXIT.ok
}

// As compilers say it, so that editors find the place.
function sayProblem(io: Io, { position, severity, message, fix }: ConfigProblem): void {
  sayLine(io, `${positionText(position)} ${severity}: ${message}`)
  if (fix !== null) sayLine(io, `  ${fix}`)
}

function summary(count: {
  readonly errors: number
  readonly warnings: number
  readonly agents: number
  readonly guardrails: number
}): string {
  const files = [
    CATALOG_FILE,
    counted(count.agents, 'scope file'),
    counted(count.guardrails, 'guardrail file'),
  ].join(', ')
  return `${counted(count.errors, 'error')}, ${counted(count.warnings, 'warning')} (${files})`
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}

/** The catalog first, then by name of file, line and column; what several agents' snapshots say is said once. */
function sorted(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const once = new Map(problems.map((problem) => [JSON.stringify(problem), problem]))
  return [...once.values()].sort(({ position: a }, { position: b }) => {
    if (a.file === b.file) return a.line - b.line || a.column - b.column
    if (a.file === CATALOG_FILE || b.file === CATALOG_FILE) return a.file === CATALOG_FILE ? -1 : 1
    return a.file < b.file ? -1 : 1
  })
}
