import { listTrail } from '../../audit/file-sink/trail-reader.ts'
import type { TrailProblem } from '../../audit/trail-problem.ts'
import { type VerifyReport, verifyTrail } from '../../audit/verify.ts'
import { asData } from '../as-data.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'
import { readHeads } from './heads.ts'

/** `keyhand audit verify`: whether the trail is whole. Always says what it cannot find; ends with 1 where it does not verify. */
export async function auditVerify(io: Io): Promise<ExitCode> {
  const { state } = io.places
  const known = await readHeads(io)
  const files = await listTrail(state)
  // Without a trail a missing state.db is as it should be.
  const heads = known === 'absent' ? (files.length === 0 ? [] : null) : known
  const report = await verifyTrail(files, heads)
  for (const problem of report.problems) sayProblem(io, problem)
  if (report.omitted > 0) io.say(`and ${report.omitted} more`)
  io.say(summary(report))
  io.say(report.notDetected)
  const { notDetected, ...found } = report
  io.data(asData({ ...found, not_detected: notDetected }))
  return report.ok ? EXIT.ok : EXIT.no
}

function sayProblem(io: Io, { severity, kind, file, line, message }: TrailProblem): void {
  sayLine(io, `${file}${line === null ? '' : `:${line}`} ${severity}: ${message} (${kind})`)
}

function summary({ ok, files, records, problems, omitted }: VerifyReport): string {
  if (files === 0 && ok) return 'verified: there is no trail yet'
  const size = `${counted(records, 'record')} in ${counted(files, 'file')}`
  const warnings = problems.filter(({ severity }) => severity === 'warning').length
  const also = warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`
  if (ok) return `verified: ${size}, each follows the one before it${also}`
  return `NOT verified: ${counted(problems.length - warnings + omitted, 'problem')}${also}; ${size}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
