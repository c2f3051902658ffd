import { listTrail } from '../../audit/file-sink/trail-reader.ts'
import { asRecord } from '../../audit/report.ts'

/** By name of secret the RFC 3339 time of the last call that used it, as the trail says. */
export async function lastUses(state: string): Promise<ReadonlyMap<string, string>> {
  const last = new Map<string, string>()
  for (const file of await listTrail(state)) {
    for await (const { complete, text } of file.lines()) {
      const record = complete && text !== null ? asRecord(text) : null
      if (record?.kind !== 'outcome') continue
      for (const { name } of record.secrets ?? []) {
        // All times of a trail are UTC with the same digits, so their text sorts as they do.
        if (record.time > (last.get(name) ?? '')) last.set(name, record.time)
      }
    }
  }
  return last
}
