import type { AuditEvent } from '../../src/audit/audit-event.ts'
import { makeRecord, NO_PREVIOUS } from '../../src/audit/record.ts'
import type { TrailFile } from '../../src/audit/trail-line.ts'
import type { Head } from '../../src/state/state-port.ts'

export const CALL_1 = '019ab1c2-0000-7000-8000-000000000001'
export const CALL_2 = '019ab1c2-0000-7000-8000-000000000002'
export const CALL_3 = '019ab1c2-0000-7000-8000-000000000003'

const ACTION = 'a3'.repeat(32)
const AGENT = { agent: 'claude-code', client: { name: 'claude-code', version: '2.1.0' } } as const

/** One of each kind, with every field that there is. */
export const EVENTS: readonly AuditEvent[] = [
  {
    kind: 'open',
    heads: [{ file: '20261122T080000000Z-17-0badcafe.jsonl', seq: 9, hash: 'ef'.repeat(32) }],
  },
  {
    kind: 'config',
    call: CALL_1,
    agent: 'claude-code',
    config: { catalog: '1'.repeat(64), scope: '2'.repeat(64), policies: null },
    change: {
      file: 'agents/claude-code.yaml',
      added: ['allow GET /user'],
      removed: [],
      first: true,
    },
  },
  {
    kind: 'intent',
    call: CALL_1,
    ...AGENT,
    era: '2026-07-28',
    tool: 'github',
    action: ACTION,
    verb: 'GET',
    target: 'https://api.github.com',
    path: '/repos/acme/site',
    decision: 'allow',
    rules: ['agents/claude-code.yaml:5:9'],
    config: { catalog: '1'.repeat(64), scope: '2'.repeat(64), policies: null },
    secrets: [{ name: 'github_token', provider: 'keychain', version: null }],
    attempt: 1,
  },
  {
    kind: 'outcome',
    call: CALL_1,
    agent: 'claude-code',
    tool: 'github',
    action: ACTION,
    path: '/repos/acme/site',
    attempt: 1,
    status: 200,
    bytes: 5120,
    redactions: { github_token: 2 },
    ms: 87,
  },
  {
    kind: 'refused',
    call: CALL_2,
    ...AGENT,
    tool: 'github',
    verb: 'DELETE',
    target: 'https://api.github.com',
    path: '/repos/acme/site',
    decision: 'deny',
    reason: 'no_rule',
  },
  {
    kind: 'intent',
    call: CALL_3,
    agent: 'claude-code',
    profile: 'dev',
    tool: 'github',
    action: ACTION,
    attempt: 1,
  },
  {
    kind: 'outcome',
    call: CALL_3,
    agent: 'claude-code',
    profile: 'dev',
    tool: 'github',
    action: ACTION,
    secrets: [{ name: 'github_token', provider: 'vault', instance: 'vault-eu', version: '7' }],
    stale: ['github_token'],
    attempt: 1,
    error: { code: 'upstream_timeout' },
    ms: 30_000,
  },
  { kind: 'admin', reason: 'unblocked', change: { agent: 'claude-code' } },
]

/** The lines of a chain of events, a second apart from 2026-11-23T17:45:00Z on. */
export function linesOf(
  events: readonly AuditEvent[],
  startAt = Date.UTC(2026, 10, 23, 17, 45),
): string[] {
  let prev = NO_PREVIOUS
  return events.map((event, index) => {
    const time = startAt + index * 1_000
    const { record, line } = makeRecord(event, {
      seq: index + 1,
      prev,
      time,
      osUser: 'ada',
      pid: 4711,
    })
    prev = record.hash
    return line
  })
}

/** A file as it would be read: text whose last line may have no end. */
export function fileOf(name: string, text: string): TrailFile {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  return {
    name,
    async *lines() {
      for (const line of lines) yield await Promise.resolve({ text: line, complete: true })
      if (last !== '') yield { text: last, complete: false }
    },
  }
}

/** The head that state.db would hold of these lines. */
export function headOf(file: string, lines: readonly string[]): Head {
  const record = JSON.parse(lines.at(-1) ?? '') as { seq: number; hash: string }
  return { file, seq: record.seq, hash: record.hash }
}

/** All that comes of it. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}
