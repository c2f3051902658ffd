import { type DoctorCheck, type DoctorFinding, failure, good, note, warning } from './check.ts'
import type { Reading, Readings } from './readings.ts'

/** Every secret of the catalog: whether it resolves, whether it can be watched, whether its value is weak. */
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
  if (problem !== null) {
    const unwatched =
      watch === 'always' ? '; it cannot be watched, so that other tools’ answers may show it' : ''
    const text = `${name} does not resolve${under} (${provider}): ${problem.message}${unwatched}`
    return [failure(text, problem.fix)]
  }
  const weak = (report?.fields ?? []).flatMap(({ field, strength }) =>
    strength?.weak === true
      ? [
          warning(
            `${field === 'value' ? name : `${name}.${field}`} is weak${under}: ${weakness(strength.lengthClass)}, under 64 bits; an answer that echoes it could be used to guess it`,
            'replace it where it came from',
          ),
        ]
      : [],
  )
  return weak.length > 0 ? weak : [good(`${name} resolves${under} (${provider})`)]
}

function weakness(lengthClass: string): string {
  return ['0', '1-7', '8-15'].includes(lengthClass)
    ? `${lengthClass} characters`
    : 'words, repeats or a sequence'
}
