import { asBrokerError } from '../../core/errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'
import { type DoctorFinding, type DoctorLevel, failure } from './check.ts'
import { doctorChecks } from './checks.ts'

/** A check that is not done by then is broken off: a keychain may wait for somebody who is not there. */
const TIMEOUT_MS = 20_000

const SIGNS: Readonly<Record<DoctorLevel, string>> = {
  good: '✓',
  note: '·',
  warning: '!',
  error: '✗',
}

/** `keyhand doctor`: what works, what does not, and what is weaker than it could be. Ends with 1 where something does not work. */
export async function doctor(
  io: Io,
  { fix = false }: { readonly fix?: boolean } = {},
): Promise<ExitCode> {
  const checks: { name: string; findings: readonly DoctorFinding[] }[] = []
  for (const { name, run } of doctorChecks({ fix })) {
    const findings = await findingsOf(() => run(io, AbortSignal.timeout(TIMEOUT_MS)))
    checks.push({ name, findings })
    io.say(name)
    for (const finding of findings) sayFinding(io, finding)
  }
  const count = (level: DoctorLevel) =>
    checks.flatMap(({ findings }) => findings).filter((one) => one.level === level).length
  const [errors, warnings] = [count('error'), count('warning')]
  io.say(`\n${counted(errors, 'error')}, ${counted(warnings, 'warning')}`)
  io.data({
    errors,
    warnings,
    checks: checks.map(({ name, findings }) => ({
      name,
      findings: findings.map(({ level, text, fix }) => ({ level, text, fix })),
    })),
  })
  return errors > 0 ? EXIT.no : EXIT.ok
}

async function findingsOf(
  run: () => Promise<readonly DoctorFinding[]>,
): Promise<readonly DoctorFinding[]> {
  try {
    return await run()
  } catch (thrown) {
    const { message, fix } = asBrokerError(thrown)
    return [failure(message, fix)]
  }
}

function sayFinding(io: Io, { level, text, fix }: DoctorFinding): void {
  sayLine(io, `  ${SIGNS[level]} ${text}`)
  if (fix !== null) sayLine(io, `      ${fix}`)
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}
