import type { Head } from '../state/state-port.ts'
import { ChainCheck } from './chain-check.ts'
import { parseLine } from './record.ts'
import type { TrailFile } from './trail-line.ts'
import type { TrailProblem } from './trail-problem.ts'

/** What `verify` prints, whatever it found. */
export const NOT_DETECTED =
  'not detected without a seal kept elsewhere: a full rewrite of the trail and of state.db by the same OS user'

export interface VerifyReport {
  /** True where there are no problems but warnings. */
  readonly ok: boolean
  readonly files: number
  readonly records: number
  /** At most `MOST_PROBLEMS`, in the order of the files. */
  readonly problems: readonly TrailProblem[]
  /** How many more there were. */
  readonly omitted: number
  /** What no look at these files can find; always to be shown. */
  readonly notDetected: string
}

const MOST_PROBLEMS = 1_000

/**
 * Checks every record, every chain, and that what heads name is still there. A line at a time: memory does not grow with
 * the trail.
 *
 * @param files as they were listed *after* `heads` was read: a process that writes meanwhile is then no fault.
 * @param heads what state.db holds; null where it could not be read, which is reported.
 */
export async function verifyTrail(
  files: readonly TrailFile[],
  heads: readonly Head[] | null,
): Promise<VerifyReport> {
  const problems: TrailProblem[] = []
  let omitted = 0
  let faults = 0
  const report = (problem: TrailProblem): void => {
    if (problem.severity === 'problem') faults += 1
    if (problems.length < MOST_PROBLEMS) problems.push(problem)
    else omitted += 1
  }

  const expected = expectations(heads ?? [])
  for (const file of files) addNamed(expected, await firstLine(file))
  if (heads === null) report(noHeads())

  let records = 0
  const present = new Set<string>()
  for (const file of files) {
    present.add(file.name)
    const check = new ChainCheck(file.name, expected.get(file.name) ?? new Map(), report)
    try {
      for await (const line of file.lines()) check.line(line)
      check.end()
    } catch (thrown) {
      report(unreadable(file.name, thrown))
    }
    records += check.records
    if (heads !== null && !heads.some((head) => head.file === file.name)) report(unknown(file.name))
  }
  for (const [file, seqs] of expected) {
    const newest = Math.max(...seqs.keys())
    if (!present.has(file) && newest > 0) report(missing(file, newest))
  }
  const ok = faults === 0
  return { ok, files: files.length, records, problems, omitted, notDetected: NOT_DETECTED }
}

/** For each file, the hash that each of some records must have. */
type Expectations = Map<string, Map<number, string>>

function expectations(heads: readonly Head[]): Expectations {
  return new Map(heads.map((head) => [head.file, new Map([[head.seq, head.hash]])]))
}

/** Adds what a file's `open` record says of other files; where two say different things, the one that does not fit is found. */
function addNamed(expected: Expectations, first: string | null): void {
  const named = first === null ? null : parseLine(first)?.['heads']
  if (!Array.isArray(named)) return
  for (const head of named as readonly unknown[]) {
    if (!isHead(head)) continue
    const seqs = expected.get(head.file) ?? new Map<number, string>()
    if (!seqs.has(head.seq)) seqs.set(head.seq, head.hash)
    expected.set(head.file, seqs)
  }
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false
  const { file, seq, hash } = value as { file?: unknown; seq?: unknown; hash?: unknown }
  return typeof file === 'string' && Number.isSafeInteger(seq) && typeof hash === 'string'
}

async function firstLine(file: TrailFile): Promise<string | null> {
  try {
    for await (const line of file.lines()) return line.text
  } catch {
    // Reported when all of it is read.
  }
  return null
}

function unreadable(file: string, thrown: unknown): TrailProblem {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'
  const message = `the file cannot be read (${code}): its records are not verified`
  return { severity: 'problem', kind: 'unreadable', file, line: null, message }
}

function missing(file: string, newest: number): TrailProblem {
  return {
    severity: 'problem',
    kind: 'missing_file',
    file,
    line: null,
    message: `the file is missing: it had ${newest} record${newest === 1 ? '' : 's'} or more`,
  }
}

function unknown(file: string): TrailProblem {
  return {
    severity: 'warning',
    kind: 'unknown_file',
    file,
    line: null,
    message: 'state.db does not know this file: it was added, or state.db was lost or replaced',
  }
}

function noHeads(): TrailProblem {
  return {
    severity: 'warning',
    kind: 'no_heads',
    file: 'state.db',
    line: null,
    message:
      'the heads in state.db could not be read: a missing newest file or a cut of its end is not found',
  }
}
