import { listTrail } from '../../audit/file-sink/trail-reader.ts'
import { asRecord } from '../../audit/report.ts'
import { type DoctorCheck, good, note, warning } from './check.ts'

/** What is older has been seen, or does not matter any more. */
const DAYS = 7

interface Noted {
  count: number
  /** RFC 3339. */
  last: string
}

/** What the trail says of the last days' calls that their answers do not show. */
export const callsCheck: DoctorCheck = {
  name: `Calls of the last ${DAYS} days`,
  async run(io) {
    const files = await listTrail(io.places.state)
    if (files.length === 0) return [note('there are none yet')]
    const since = new Date(io.now() - DAYS * 86_400_000).toISOString()
    const stale = new Map<string, Noted>()
    const unwatched = new Map<string, Noted>()
    for (const file of files) {
      for await (const { complete, text } of file.lines()) {
        const record = complete && text !== null ? asRecord(text) : null
        // All times of a trail are UTC with the same digits, so their text sorts as they do.
        if (record === null || record.kind !== 'outcome' || record.time < since) continue
        for (const name of record.stale ?? []) add(stale, name, record.time)
        for (const name of record.unwatched ?? []) add(unwatched, name, record.time)
      }
    }
    const findings = [
      ...[...stale].map(([name, { count, last }]) =>
        warning(
          `${name} was used though its time was over, as its provider could not be reached: ${timesText(count)}, last ${last}`,
          `see above whether its provider is reachable now; \`stale_if_error\` at ${name} allows it`,
        ),
      ),
      ...[...unwatched].map(([name, { count, last }]) =>
        warning(
          `${name} could not be read and so not be watched, so that answers may have shown it: ${timesText(count)}, last ${last}`,
          `keyhand secret check ${name}`,
        ),
      ),
    ]
    return findings.length > 0
      ? findings
      : [good('no value was used past its time or left unwatched')]
  },
}

function add(to: Map<string, Noted>, name: string, time: string): void {
  const noted = to.get(name) ?? { count: 0, last: time }
  noted.count += 1
  if (time > noted.last) noted.last = time
  to.set(name, noted)
}

function timesText(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
