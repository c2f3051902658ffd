import type { AuditKind } from '../../audit/audit-event.ts'
import { entrySources, listTrail } from '../../audit/file-sink/trail-reader.ts'
import { mergeEntries } from '../../audit/merge.ts'
import type { TrailEntry, TrailFilter } from '../../audit/report.ts'
import type { TrailFile } from '../../audit/trail-line.ts'
import { BrokerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { asData } from '../as-data.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'
import { type FindMissingRule, missingRules } from './missing-rule.ts'
import { showCall } from './show-call.ts'
import { countOf, whenOf } from './when.ts'
import { COLUMNS, entryRow } from './words.ts'

export interface ShowOptions {
  readonly agent?: string
  readonly tool?: string
  readonly since?: string
  readonly until?: string
  readonly denied?: boolean
  readonly kind?: string
  readonly limit: string
}

const KINDS: readonly AuditKind[] = ['intent', 'outcome', 'refused', 'config', 'admin', 'open']

/** `keyhand audit show [ID]`: what happened, newest last; of a call all its records. */
export async function auditShow(
  io: Io,
  id: string | null,
  options: ShowOptions,
): Promise<ExitCode> {
  const files = await listTrail(io.places.state)
  if (id !== null) return showCall(io, files, id)
  const most = countOf('--limit', options.limit)
  const { entries, older } = await newest(files, filterOf(io, options), options, most)
  if (entries.length === 0) {
    io.say(
      files.length === 0
        ? 'There is no trail yet: no call was made.'
        : 'Nothing in the trail is like that.',
    )
  } else if (options.denied !== true) await sayTable(io, entries)
  const missing = options.denied === true ? await missingRules(io, files, entries) : null
  if (missing !== null) await sayDenied(io, entries, missing)
  if (older > 0) io.say(`${older} older: --limit ${most * 10}, or --since and --until`)
  io.data({ entries: entries.map((entry) => dataOf(entry, missing)), older })
  return EXIT.ok
}

async function newest(
  files: readonly TrailFile[],
  filter: TrailFilter,
  { kind }: ShowOptions,
  most: number,
): Promise<{ readonly entries: readonly TrailEntry[]; readonly older: number }> {
  const entries: TrailEntry[] = []
  let older = 0
  for await (const entry of mergeEntries(entrySources(files, filter))) {
    // What only ties files together says nothing of what was done.
    if (kind === undefined && entry.records[0]?.kind === 'open') continue
    entries.push(entry)
    if (entries.length <= most) continue
    entries.shift()
    older += 1
  }
  return { entries, older }
}

function filterOf(io: Io, options: ShowOptions): TrailFilter {
  const { agent, tool, since, until, denied, kind } = options
  const known = KINDS.find((one) => one === kind)
  if (kind !== undefined && known === undefined) {
    throw new BrokerError('usage', '`--kind` is not one that there is', {
      fix: `Write one of ${KINDS.join(', ')}.`,
    })
  }
  return {
    ...(agent === undefined ? {} : { agent }),
    ...(tool === undefined ? {} : { tool }),
    ...(since === undefined ? {} : { since: whenOf('--since', since, io.now()) }),
    ...(until === undefined ? {} : { until: whenOf('--until', until, io.now()) }),
    ...(denied === true ? { denied } : {}),
    ...(known === undefined ? {} : { kind: known }),
  }
}

async function sayTable(io: Io, entries: readonly TrailEntry[]): Promise<void> {
  if (io.json) return
  const { tableText } = await import('../table.ts')
  io.say(tableText(COLUMNS, entries.map(entryRow)))
}

async function sayDenied(
  io: Io,
  entries: readonly TrailEntry[],
  missing: FindMissingRule,
): Promise<void> {
  if (io.json) return
  const shown = new Map<string, string>()
  for (const entry of entries) {
    const row = entryRow(entry)
    sayLine(io, row.join('  '))
    const found = missing(entry)
    if (found === null) continue
    if (found.rule === null) sayLine(io, `  ${found.why}`)
    else if (shown.has(found.rule))
      sayLine(io, `  the same rule as for ${shown.get(found.rule) ?? ''}`)
    else {
      shown.set(found.rule, row.at(-1) ?? '')
      io.say('  the smallest rule that would allow exactly this call:')
      for (const line of found.rule.trimEnd().split('\n')) io.say(`    ${line}`)
    }
  }
  if (shown.size > 0) io.say('\nNothing applies a rule by itself.')
}

function dataOf(entry: TrailEntry, missing: FindMissingRule | null): JsonObject {
  const found = missing?.(entry) ?? null
  return {
    file: entry.file,
    time: entry.time,
    call: entry.call,
    agent: entry.agent,
    tool: entry.tool,
    result: entry.result,
    records: entry.records.map(asData),
    ...(missing === null
      ? {}
      : {
          suggestion: found?.rule ?? null,
          hint: found === null || found.rule !== null ? null : found.why,
        }),
  }
}
