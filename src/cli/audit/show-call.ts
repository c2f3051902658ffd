import type { AuditRecord } from '../../audit/audit-event.ts'
import { entrySources } from '../../audit/file-sink/trail-reader.ts'
import { mergeEntries } from '../../audit/merge.ts'
import type { TrailEntry } from '../../audit/report.ts'
import type { TrailFile } from '../../audit/trail-line.ts'
import { BrokerError } from '../../core/errors.ts'
import { asData } from '../as-data.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'

const MOST_CALLS = 20

/** First what people ask for; then whatever else a record has, by name. */
const FIRST = [
  'agent',
  'tool',
  'verb',
  'target',
  'path',
  'decision',
  'rules',
  'reason',
  'status',
  'error',
]
const LAST = ['file', 'seq', 'prev', 'hash', 'v']

/** All records of the calls whose ids begin so. Ends with 1 where there is none. */
export async function showCall(io: Io, files: readonly TrailFile[], id: string): Promise<ExitCode> {
  if (!/^[0-9A-Za-z-]{8,64}$/.test(id)) {
    throw new BrokerError('usage', "that is no call's id, nor the first 8 characters of one", {
      fix: 'See `keyhand audit show`.',
    })
  }
  const calls = new Map<string, TrailEntry[]>()
  for await (const entry of mergeEntries(entrySources(files, { call: id }))) {
    const call = entry.call ?? ''
    calls.set(call, [...(calls.get(call) ?? []), entry])
    if (calls.size > MOST_CALLS) break
  }
  if (calls.size > 1) return sayChoice(io, [...calls])
  const entries = [...calls.values()].flat()
  if (entries.length === 0) sayLine(io, 'No call of that id is in the trail.')
  for (const entry of entries) {
    if (entry === entries[0]) sayLine(io, `${entry.call ?? ''}  ${resultOf(entries)}`)
    for (const record of entry.records) sayRecord(io, entry.file, record)
  }
  io.data({
    calls: [...calls.keys()],
    records: entries.flatMap(({ file, records }) =>
      records.map((record) => asData({ ...record, file })),
    ),
  })
  return entries.length === 0 ? EXIT.no : EXIT.ok
}

/** What came of the call: that of its last attempt. */
function resultOf(entries: readonly TrailEntry[]): string {
  return entries.findLast(({ result }) => result !== 'recorded')?.result ?? 'recorded'
}

function sayChoice(io: Io, calls: readonly (readonly [string, readonly TrailEntry[]])[]): ExitCode {
  sayLine(io, 'Several calls begin so:')
  for (const [call, [first]] of calls) {
    sayLine(io, `  ${call}  ${first?.time ?? ''}  ${first?.agent ?? '-'}  ${first?.tool ?? '-'}`)
  }
  io.data({ calls: calls.map(([call]) => call), records: [] })
  return EXIT.no
}

function sayRecord(io: Io, file: string, record: AuditRecord): void {
  const { kind, time, ...rest } = record
  const { call: _, ...fields } = { ...rest, file }
  io.say('')
  sayLine(io, `  ${kind}  ${time}`)
  const width = Math.max(...Object.keys(fields).map((name) => name.length))
  for (const [name, value] of ordered(fields))
    sayLine(io, `    ${name.padEnd(width)}  ${valueText(value)}`)
}

function ordered(fields: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
  const rank = (name: string) => {
    const first = FIRST.indexOf(name)
    if (first !== -1) return first
    const last = LAST.indexOf(name)
    return last === -1 ? FIRST.length : FIRST.length + 1 + last
  }
  return Object.entries(fields).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

/** A list of texts in a row, an object as its fields; JSON for what is deeper. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(valueText).join('; ')
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, inner]) => `${name} ${valueText(inner)}`)
    return entries.length === 0 ? '-' : entries.join(', ')
  }
  return value === null ? '-' : JSON.stringify(value)
}
