import type { AuditKind, AuditRecord } from './audit-event.ts'
import { parseLine } from './record.ts'
import type { TrailFile } from './trail-line.ts'

/** One thing that happened: an attempt with its outcome, a refusal, or a change. */
export interface TrailEntry {
  readonly file: string
  /** Of its first record; RFC 3339. */
  readonly time: string
  readonly call: string | null
  readonly agent: string | null
  readonly tool: string | null
  /**
   * `unknown`: an intent without an outcome. The process was killed, or the call is under way; it may have been performed.
   * `recorded`: an `open`, `config` or `admin` record.
   */
  readonly result: 'performed' | 'failed' | 'refused' | 'unknown' | 'recorded'
  /** In the order of the file. */
  readonly records: readonly AuditRecord[]
}

/** All that are given must hold. */
export interface TrailFilter {
  readonly agent?: string
  readonly tool?: string
  /** Ms since the epoch, inclusive. */
  readonly since?: number
  /** Ms since the epoch, exclusive. */
  readonly until?: number
  /** Only what was not allowed. */
  readonly denied?: boolean
  /** A call's id; its beginning is enough, from 8 characters. */
  readonly call?: string
  readonly kind?: AuditKind
}

/**
 * The entries of one file in the order in which they ended; those of unknown outcome come last. Memory grows with the number of
 * open calls, not with the file. Lines that are no records are passed over: finding them is `verifyTrail`'s work.
 */
export async function* fileEntries(
  file: TrailFile,
  filter: TrailFilter = {},
): AsyncGenerator<TrailEntry> {
  const open = new Map<string, AuditRecord>()
  for await (const line of file.lines()) {
    const record = line.complete && line.text !== null ? asRecord(line.text) : null
    if (record === null) continue
    const key = `${record.call ?? ''} ${record.action ?? ''} ${record.attempt ?? 1}`
    let records: readonly AuditRecord[] = [record]
    if (record.kind === 'intent') {
      open.set(key, record)
      continue
    }
    if (record.kind === 'outcome') {
      const intent = open.get(key)
      open.delete(key)
      if (intent !== undefined) records = [intent, record]
    }
    const entry = entryOf(file.name, records)
    if (matches(entry, filter)) yield entry
  }
  for (const intent of open.values()) {
    const entry = entryOf(file.name, [intent])
    if (matches(entry, filter)) yield entry
  }
}

/** A line's record, or null where it is none. */
export function asRecord(text: string): AuditRecord | null {
  const value = parseLine(text)
  return value !== null && isRecord(value) ? value : null
}

/** True where an entry is what the filter asks for. */
function matches(entry: TrailEntry, filter: TrailFilter): boolean {
  const time = Date.parse(entry.time)
  return (
    (filter.agent === undefined || entry.agent === filter.agent) &&
    (filter.tool === undefined || entry.tool === filter.tool) &&
    (filter.since === undefined || time >= filter.since) &&
    (filter.until === undefined || time < filter.until) &&
    (filter.denied !== true || isDenied(entry)) &&
    (filter.call === undefined || isCall(entry.call, filter.call)) &&
    (filter.kind === undefined || entry.records.some((record) => record.kind === filter.kind))
  )
}

function entryOf(file: string, records: readonly AuditRecord[]): TrailEntry {
  const [first, last] = [records[0], records.at(-1)]
  if (first === undefined || last === undefined) throw new RangeError('an entry has a record')
  return {
    file,
    time: first.time,
    call: first.call ?? null,
    agent: first.agent ?? null,
    tool: first.tool ?? null,
    result: resultOf(last),
    records,
  }
}

function resultOf(last: AuditRecord): TrailEntry['result'] {
  switch (last.kind) {
    case 'intent':
      return 'unknown'
    case 'outcome':
      return last.error === undefined ? 'performed' : 'failed'
    case 'refused':
      return 'refused'
    case 'open':
    case 'config':
    case 'admin':
      return 'recorded'
  }
}

function isDenied(entry: TrailEntry): boolean {
  return entry.records.some((record) => record.kind === 'refused' || record.decision === 'deny')
}

function isCall(call: string | null, wanted: string): boolean {
  return call !== null && (wanted.length >= 8 ? call.startsWith(wanted) : call === wanted)
}

const KINDS: ReadonlySet<unknown> = new Set<AuditKind>([
  'open',
  'intent',
  'outcome',
  'refused',
  'config',
  'admin',
])

/** What a reader relies on; a record of whoever edited the file may hold anything else. */
function isRecord(value: {
  readonly [name: string]: unknown
}): value is AuditRecord & typeof value {
  const text = (name: string): boolean =>
    value[name] === undefined || typeof value[name] === 'string'
  return (
    value['v'] === 1 &&
    KINDS.has(value['kind']) &&
    typeof value['time'] === 'string' &&
    !Number.isNaN(Date.parse(value['time'])) &&
    ['call', 'agent', 'tool', 'action', 'verb', 'target', 'path', 'reason'].every(text)
  )
}
