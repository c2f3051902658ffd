import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { composeFamilies } from '../../compose.ts'
import { composeLeftLeases, type LeftLeases } from '../../compose-owner.ts'
import { withRecord } from '../admin-record.ts'
import type { Io } from '../io.ts'
import { catalogSecrets } from './catalog-secrets.ts'
import { type DoctorCheck, type DoctorFinding, failure, good, note, warning } from './check.ts'

/** What dead processes were lent and could not give back: it is told, and ended only where `fix` is true. */
export function leasesCheck({ fix }: { readonly fix: boolean }): DoctorCheck {
  return {
    name: 'Leases',
    async run(io) {
      // Looking makes no state.db.
      const state = await stat(join(io.places.state, 'state.db')).catch(() => null)
      if (state === null) return [note('nothing was lent yet')]
      const left = await composeLeftLeases(composeFamilies(io))
      try {
        const orphans = await left.orphans()
        if (orphans === 0) return [good('no dead process left any')]
        if (fix) return await endThem(io, left, orphans)
        return [
          warning(
            `${loginsText(orphans)} of dead processes may still hold what they were lent`,
            'keyhand doctor --fix; the next call that needs a secret ends them too',
          ),
        ]
      } finally {
        await left.close()
      }
    },
  }
}

async function endThem(
  io: Io,
  left: LeftLeases,
  orphans: number,
): Promise<readonly DoctorFinding[]> {
  const about = { what: 'doctor --fix', change: { orphans } }
  const { ended, problems } = await withRecord(io, about, async () => {
    const entries = (await catalogSecrets(io)).map(({ entry }) => entry)
    const result = await left.sweep(entries)
    const failed = result.problems.map(({ code }) => code)
    return { result, change: { ended: result.ended, failed } }
  })
  const findings = problems.map(({ message, fix }) => failure(`not ended: ${message}`, fix))
  if (ended > 0) {
    findings.unshift(
      good(`ended ${loginsText(ended)} of dead processes, and with that all that hung on it`),
    )
  }
  const remaining = await left.orphans()
  if (remaining > 0 && problems.length === 0) {
    findings.push(
      warning(
        `${loginsText(remaining)} left by dead processes at places that no secret of the catalog names; such end by themselves`,
      ),
    )
  }
  return findings.length > 0 ? findings : [good('what dead processes left had ended by itself')]
}

function loginsText(count: number): string {
  return `${count} ${count === 1 ? 'login' : 'logins'}`
}
