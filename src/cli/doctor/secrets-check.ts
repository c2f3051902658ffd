import { composeFamilies, composeSecretReports } from '../../compose.ts'
import { asBrokerError } from '../../core/errors.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import { withRecord } from '../admin-record.ts'
import { catalogSecrets } from './catalog-secrets.ts'
import { type DoctorCheck, type DoctorFinding, failure, good, note, warning } from './check.ts'

/** Every secret of the catalog: whether it resolves, whether it can be watched, whether its value is weak. */
export const secretsCheck: DoctorCheck = {
  name: 'Secrets',
  async run(io, signal) {
    const entries = await catalogSecrets(io)
    if (entries.length === 0) return [note('the catalog has none', 'keyhand secret set NAME')]
    const look = await composeSecretReports(composeFamilies(io))
    const about = { what: 'doctor', change: { secrets: entries.map(({ name }) => name) } }
    // Values are read, so the trail says it.
    return withRecord(io, about, async () => {
      const findings: DoctorFinding[] = []
      for (const entry of entries) findings.push(...(await findingsFor(entry, look, signal)))
      return { result: findings }
    })
  },
}

async function findingsFor(
  entry: SecretEntry,
  look: Awaited<ReturnType<typeof composeSecretReports>>,
  signal: AbortSignal,
): Promise<readonly DoctorFinding[]> {
  const { name, provider, watch } = entry
  try {
    const { fields } = await look(entry, signal)
    const weak = fields.flatMap(({ field, strength }) =>
      strength?.weak === true
        ? [
            warning(
              `${field === 'value' ? name : `${name}.${field}`} is weak: ${weakness(strength.lengthClass)}, under 64 bits; an answer that echoes it could be used to guess it`,
              'replace it where it came from',
            ),
          ]
        : [],
    )
    return weak.length > 0 ? weak : [good(`${name} resolves (${provider})`)]
  } catch (thrown) {
    const { message, fix } = asBrokerError(thrown)
    const unwatched =
      watch === 'always' ? '; it cannot be watched, so that other tools’ answers may show it' : ''
    return [failure(`${name} does not resolve (${provider}): ${message}${unwatched}`, fix)]
  }
}

function weakness(lengthClass: string): string {
  return ['0', '1-7', '8-15'].includes(lengthClass)
    ? `${lengthClass} characters`
    : 'words, repeats or a sequence'
}
