import type { AuditRecord } from '../../audit/audit-event.ts'
import { followTrail } from '../../audit/file-sink/follow-trail.ts'
import { entrySources, listTrail } from '../../audit/file-sink/trail-reader.ts'
import { mergeEntries } from '../../audit/merge.ts'
import { asData } from '../as-data.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'
import { countOf } from './when.ts'
import { recordLine } from './words.ts'

export interface TailOptions {
  readonly follow?: boolean
  readonly agent?: string
  readonly tool?: string
  readonly limit: string
}

interface Found {
  readonly file: string
  readonly record: AuditRecord
}

/** `keyhand audit tail`: the newest records; with `--follow` also what every process writes from now on, until it is stopped. */
export async function auditTail(
  io: Io,
  options: TailOptions,
  signal: AbortSignal = stopped(),
): Promise<ExitCode> {
  const most = countOf('--limit', options.limit)
  const { state } = io.places
  const say = ({ file, record }: Found) => {
    if (options.agent !== undefined && record.agent !== options.agent) return
    if (options.tool !== undefined && record.tool !== options.tool) return
    sayLine(io, recordLine(record))
    io.data(asData({ ...record, file }))
  }
  // Following begins before the past is read: nothing falls between the two, and what is in both is told once.
  const coming = options.follow === true ? followTrail({ state, signal }) : null
  const first = coming?.next()
  const told = new Set<string>()
  for (const found of await lastRecords(state, options, most)) {
    told.add(keyOf(found))
    say(found)
  }
  if (coming === null || first === undefined) return EXIT.ok
  for (let next = await first; next.done !== true; next = await coming.next()) {
    if (!told.delete(keyOf(next.value))) say(next.value)
  }
  return EXIT.ok
}

async function lastRecords(
  state: string,
  { agent, tool }: TailOptions,
  most: number,
): Promise<readonly Found[]> {
  const filter = {
    ...(agent === undefined ? {} : { agent }),
    ...(tool === undefined ? {} : { tool }),
  }
  const found: Found[] = []
  for await (const { file, records } of mergeEntries(
    entrySources(await listTrail(state), filter),
  )) {
    found.push(...records.map((record) => ({ file, record })))
    if (found.length > 2 * most) found.splice(0, found.length - most - 1)
  }
  // An intent stands with its outcome there; here each stands at its own time.
  return found
    .sort((a, b) => (a.record.time < b.record.time ? -1 : a.record.time > b.record.time ? 1 : 0))
    .slice(-most)
}

function keyOf({ file, record }: Found): string {
  return `${file} ${record.seq}`
}

/** Ctrl-C, and the signal that service managers send. */
function stopped(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  return stop.signal
}
