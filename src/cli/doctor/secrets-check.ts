import { redactionWarnings } from '../secret/redaction-warnings.ts'
import { type DoctorCheck, type DoctorFinding, failure, good, note, warning } from './check.ts'
import type { Reading, Readings } from './readings.ts'

/** Every secret of the catalog: whether it resolves, whether it can be watched, whether redaction of it is as it could be. */
export function secretsCheck(readings: Readings): DoctorCheck {
  return {
    name: 'Secrets',
    async run(io, signal) {
      const all = await readings(io, signal)
      if (all.length === 0) return [note('the catalog has none', 'keyhand secret set NAME')]
      return all.flatMap(findingsFor)
    },
  }
}

function findingsFor({ entry, profile, report, problem }: Reading): readonly DoctorFinding[] {
  const { name, provider, watch } = entry
  const under = profile === null ? '' : ` under profile ${profile}`
  const warnings = redactionWarnings(entry, report, under).map(({ text, fix }) =>
    warning(text, fix),
  )
  if (problem !== null) {
    const unwatched =
      watch === 'always' ? '; it cannot be watched, so that other tools’ answers may show it' : ''
    const text = `${name} does not resolve${under} (${provider}): ${problem.message}${unwatched}`
    return [failure(text, problem.fix), ...warnings]
  }
  return warnings.length > 0 ? warnings : [good(`${name} resolves${under} (${provider})`)]
}
