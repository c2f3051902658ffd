import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { listTrail } from '../../audit/file-sink/trail-reader.ts'
import { verifyTrail } from '../../audit/verify.ts'
import { composeRecords } from '../../compose.ts'
import type { Io } from '../io.ts'
import { type DoctorCheck, failure, good, note } from './check.ts'

/** The audit trail in a line: whether it is whole. */
export const trailCheck: DoctorCheck = {
  name: 'Audit trail',
  async run(io) {
    const files = await listTrail(io.places.state)
    if (files.length === 0) return [note('there is none yet')]
    const report = await verifyTrail(files, await headsOf(io))
    const errors = report.problems.filter(({ severity }) => severity === 'problem').length
    const size = `${report.records} records in ${report.files} files`
    return report.ok
      ? [good(`verified: ${size}`)]
      : [
          failure(
            `not verified: ${errors + report.omitted} problems in ${size}`,
            'keyhand audit verify',
          ),
        ]
  },
}

/** Null where they cannot be read. */
async function headsOf(io: Io) {
  // Looking makes no state.db.
  const found = await stat(join(io.places.state, 'state.db')).catch(() => null)
  if (found === null) return null
  const { state, close } = await composeRecords(io.places)
  try {
    return await state.heads.all()
  } catch {
    return null
  } finally {
    await close()
  }
}
