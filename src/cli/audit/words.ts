import type { AuditRecord } from '../../audit/audit-event.ts'
import type { TrailEntry } from '../../audit/report.ts'
import { isJsonObject } from '../../core/json.ts'

/** So much of a call's id tells calls apart in a table, and `audit show` takes it. */
const SHORT_ID = 18

/** Of a record what says what was to be done. */
type AboutRecord = Pick<AuditRecord, 'kind' | 'verb' | 'target' | 'path' | 'change' | 'reason'>

/** The columns of the table of `audit show`. */
export const COLUMNS = ['TIME', 'AGENT', 'TOOL', 'WHAT', 'RESULT', 'RULE', 'CALL'] as const

/** Of an `admin` record: how it was done, which `audit show` of all its fields would tell. */
const HOW: ReadonlySet<string> = new Set(['what', 'step', 'terminal'])

/** One entry in the table's columns. What comes from the trail is data: whoever prints it takes out control characters. */
export function entryRow(entry: TrailEntry): string[] {
  return [
    shortTime(entry.time),
    entry.agent ?? '-',
    entry.tool ?? '-',
    whatText(whole(entry)),
    resultText(entry),
    rulesText(entry),
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
    record.kind === 'intent' ? '' : recordResult(record),
    shortId(record.call ?? null),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

/** What was to be done, or what changed: `GET https://api.github.com/user`, `agents/cursor.yaml: 1 rule added`. */
function whatText(record: AboutRecord): string {
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
    const said = Object.entries(change ?? {}).filter(([name]) => !HOW.has(name))
    const about = said.map(([name, value]) => `${name} ${text(value)}`).join(', ')
    return [record.reason ?? '', about].filter((part) => part !== '').join(': ')
  }
  return '-'
}

/** An outcome names only what the intent could not know yet, such as the whole path. */
function whole({ records }: TrailEntry): AboutRecord {
  const [first, last] = [records[0], records.at(-1)]
  return first === undefined || last === undefined ? { kind: 'open' } : { ...first, ...last }
}

function resultText({ result, records }: TrailEntry): string {
  const last = records.at(-1)
  if (last === undefined || result === 'unknown') return 'unknown'
  return recordResult(last)
}

/** The rules that said so; of several the first, and how many more. */
function rulesText({ records }: TrailEntry): string {
  const rules = records[0]?.rules
  if (!Array.isArray(rules) || rules.length === 0) return '-'
  const [first] = rules.map(text)
  return rules.length === 1 ? (first ?? '-') : `${first ?? '-'} and ${rules.length - 1} more`
}

function recordResult(record: AuditRecord): string {
  const { kind, status, reason, redactions } = record
  const failed = failure(record)
  const removed = Object.values(redactions ?? {}).reduce((sum, count) => sum + Number(count), 0)
  const note = removed === 0 ? '' : `, ${removed} removed`
  switch (kind) {
    case 'outcome':
      if (failed !== null) return failed
      return `${status === undefined ? 'done' : `done ${String(status)}`}${note}`
    case 'refused':
      return `refused: ${reason ?? 'no reason'}`
    case 'admin':
      return failed ?? text(record.change?.['step'])
    default:
      return 'recorded'
  }
}

function failure(record: { readonly error?: unknown }): string | null {
  const { error } = record
  return error === undefined ? null : `failed: ${isJsonObject(error) ? text(error['code']) : '-'}`
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
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '-'
}

function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}
