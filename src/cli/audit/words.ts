import type { AuditRecord } from '../../audit/audit-event.ts'
import type { TrailEntry } from '../../audit/report.ts'

/** So much of a call's id tells calls apart in a table, and `audit show` takes it. */
const SHORT_ID = 18

/** The columns of the table of `audit show`. */
export const COLUMNS = ['TIME', 'AGENT', 'TOOL', 'WHAT', 'RESULT', 'CALL'] as const

/** One entry in the table's columns. What comes from the trail is data: whoever prints it takes out control characters. */
export function entryRow(entry: TrailEntry): string[] {
  const last = entry.records.at(-1)
  return [
    shortTime(entry.time),
    entry.agent ?? '-',
    entry.tool ?? '-',
    last === undefined ? '-' : whatText(last),
    resultText(entry),
    shortId(entry.call),
  ]
}

/** One record in one line, for `audit tail`. */
export function recordLine(record: AuditRecord): string {
  const parts = [
    shortTime(record.time),
    record.kind.padEnd(7),
    record.agent ?? '-',
    record.tool ?? '-',
    whatText(record),
    recordResult(record),
    shortId(record.call ?? null),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

/** What was to be done, or what changed: `GET https://api.github.com/user`, `agents/cursor.yaml: 1 rule added`. */
export function whatText(record: AuditRecord): string {
  const { kind, verb, target, path, change } = record
  if (verb !== undefined) return `${verb} ${target ?? ''}${path ?? ''}`
  if (kind === 'open') return 'a new file of the trail'
  if (kind === 'config') {
    const counts = (['added', 'removed'] as const).map(
      (what) => `${sizeOf(change?.[what])} ${what}`,
    )
    const wrong = change?.['valid'] === false ? ', with a mistake' : ''
    return `${text(change?.['file'])}: ${counts.join(', ')}${wrong}`
  }
  if (kind === 'admin') {
    const names = change?.['name'] ?? change?.['secrets']
    return [record.reason ?? '', text(names)].filter((part) => part !== '').join(' ')
  }
  return '-'
}

function resultText({ result, records }: TrailEntry): string {
  const last = records.at(-1)
  if (last === undefined || result === 'unknown') return 'unknown'
  if (result === 'recorded') return recordResult(last)
  return recordResult(last) || result
}

function recordResult(record: AuditRecord): string {
  const { kind, status, error, reason, redactions } = record
  const removed = Object.values(redactions ?? {}).reduce((sum, count) => sum + Number(count), 0)
  const note = removed === 0 ? '' : `, ${removed} removed`
  switch (kind) {
    case 'outcome':
      if (error !== undefined) return `failed: ${text(error.code)}`
      return `${status === undefined ? 'done' : `done ${String(status)}`}${note}`
    case 'refused':
      return `refused: ${reason ?? 'no reason'}`
    case 'admin':
      return error === undefined ? text(record.change?.['step']) : `failed: ${text(error.code)}`
    default:
      return ''
  }
}

function shortTime(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z')
}

function shortId(call: string | null): string {
  return call === null ? '-' : call.slice(0, SHORT_ID)
}

/** A record of whoever edited the file may hold anything. */
function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(', ')
  return typeof value === 'string' ? value : ''
}

function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}
