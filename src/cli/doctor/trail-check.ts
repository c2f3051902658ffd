import { listTrail } from '../../audit/file-sink/trail-reader.ts'
import { verifyTrail } from '../../audit/verify.ts'
import { readHeads } from '../audit/heads.ts'
import { type DoctorCheck, failure, good, note } from './check.ts'

/** The audit trail in a line: whether it is whole. */
export const trailCheck: DoctorCheck = {
  name: 'Audit trail',
  async run(io) {
    // The heads first: what is written in between would otherwise look cut off.
    const known = await readHeads(io)
    const files = await listTrail(io.places.state)
    if (files.length === 0) return [note('there is none yet')]
    const report = await verifyTrail(files, known === 'absent' ? null : known)
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
