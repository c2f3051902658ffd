import { composeFamilies } from '../../compose.ts'
import { composeSecretReports, type SecretReport, type SecretReports } from '../../compose-owner.ts'
import { asBrokerError, BrokerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { isRefusal } from '../../core/refusal.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import { withRecord } from '../admin-record.ts'
import { catalogUnder, openCatalog } from '../catalog-file.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { ageText } from './age-text.ts'
import { requireEntry } from './entry.ts'
import { fieldName, type RedactionWarning, redactionWarnings } from './redaction-warnings.ts'

/** So many at a time: a backend is not to be flooded. */
const AT_ONCE = 8

export interface CheckOptions {
  readonly all?: boolean
  readonly profile?: string
}

interface Checked {
  readonly name: string
  /** Null where the catalog's entry has a mistake. */
  readonly entry: SecretEntry | null
  readonly report: SecretReport | null
  readonly problem: BrokerError | null
}

/**
 * `keyhand secret check NAME...`: whether values resolve, the way that a call resolves them. INVARIANT: of a value it says
 * a class of lengths and whether it is weak, nothing finer: an agent with a shell can run this too.
 */
export async function secretCheck(
  io: Io,
  names: readonly string[],
  { all = false, profile }: CheckOptions,
): Promise<ExitCode> {
  if (all ? names.length > 0 : names.length === 0) {
    throw new BrokerError('usage', 'either the names of secrets or `--all` is to be given')
  }
  const families = composeFamilies(io)
  const catalog = catalogUnder(await openCatalog(io.places.home, families), profile)
  const broken: Checked[] = []
  const entries: SecretEntry[] = []
  for (const name of all ? catalog.secrets.keys() : new Set(names)) {
    const entry = catalog.secrets.get(name)
    if (all && isRefusal(entry)) {
      const problem = new BrokerError('config_invalid', entry.message)
      broken.push({ name, entry: null, report: null, problem })
    } else entries.push(requireEntry(catalog, name))
  }

  const look = await composeSecretReports(families)
  const about = { what: 'secret check', change: { secrets: entries.map(({ name }) => name) } }
  const resolved =
    entries.length === 0
      ? []
      : await withRecord(io, about, async () => {
          const say = progressOf(io, all ? entries.length : 0)
          const work = async (entry: SecretEntry) => {
            const one = await checked(entry, look)
            say(one)
            return one
          }
          const result = await settled(look, () => inTurns(entries, work))
          const missing = result.filter(({ problem }) => problem !== null).map(({ name }) => name)
          return { result, change: { unresolved: missing } }
        })
  const results = [...resolved, ...broken]
  await show(io, results)
  return results.some(({ problem }) => problem !== null) ? EXIT.no : EXIT.ok
}

async function checked(entry: SecretEntry, look: SecretReports): Promise<Checked> {
  const { name } = entry
  try {
    const report = await look(entry, new AbortController().signal)
    return { name, entry, report, problem: null }
  } catch (thrown) {
    return { name, entry, report: null, problem: asBrokerError(thrown) }
  }
}

/** Gives back what was lent for it, whatever comes of the work. */
async function settled<T>(look: SecretReports, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    await look.close()
  }
}

/** Where a person waits for many, each is said as it comes. */
function progressOf(io: Io, count: number): (one: Checked) => void {
  let done = 0
  if (io.terminal === null || count <= 1) return () => {}
  return ({ name, problem }) => {
    done += 1
    io.warn(`${done}/${count} ${name}: ${problem === null ? 'resolves' : problem.code}`)
  }
}

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))))
  }
  return results
}

async function show(io: Io, results: readonly Checked[]): Promise<void> {
  if (!io.json && results.length > 0) {
    const { tableText } = await import('../table.ts')
    io.say(
      tableText(
        ['NAME', 'RESULT', 'PROVIDER', 'VERSION', 'AGE', 'LENGTH', 'STRENGTH'],
        rowsOf(io.now(), results),
      ),
    )
  }
  for (const one of results) {
    const { name, problem } = one
    if (problem !== null) {
      io.warn(`${name}: ${problem.message}`)
      if (problem.fix !== null) io.warn(`  ${problem.fix}`)
    }
    for (const { text, fix } of warningsOf(one)) {
      io.warn(`warning: ${text}`)
      io.warn(`  ${fix}`)
    }
  }
  if (results.length === 0) io.say('The catalog has no secret yet: keyhand secret set NAME')
  io.data({ secrets: results.map(dataOf) })
}

function warningsOf({ entry, report }: Checked): readonly RedactionWarning[] {
  return entry === null ? [] : redactionWarnings(entry, report)
}

function rowsOf(now: number, results: readonly Checked[]): string[][] {
  return results.flatMap(({ name, entry, report, problem }) => {
    const provider = entry?.provider ?? '-'
    if (report === null) return [[name, problem?.code ?? '', provider, '-', '-', '-', '-']]
    return report.fields.map(({ field, strength }) => [
      fieldName(name, field),
      'resolves',
      provider,
      report.version ?? '-',
      ageText(report.createdAt, now),
      strength?.lengthClass ?? '-',
      strength === null ? 'not secret' : strength.weak ? 'weak' : 'good',
    ])
  })
}

function dataOf(one: Checked): JsonObject {
  const { name, entry, report, problem } = one
  return {
    name,
    provider: entry?.provider ?? null,
    redact: entry?.redact ?? null,
    resolves: report !== null,
    version: report?.version ?? null,
    created: report?.createdAt == null ? null : new Date(report.createdAt).toISOString(),
    fields: (report?.fields ?? []).map(({ field, strength }) => ({
      field,
      length: strength?.lengthClass ?? null,
      weak: strength?.weak ?? null,
    })),
    warnings: warningsOf(one).map(({ reason, field, text, fix }) => ({
      reason,
      field,
      message: text,
      fix,
    })),
    error:
      problem === null ? null : { code: problem.code, message: problem.message, fix: problem.fix },
  }
}
