import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listTrail } from '../../src/audit/file-sink/trail-reader.ts'
import { fileEntries, type TrailEntry } from '../../src/audit/report.ts'
import { type E2eHome, e2eHome, toolCall } from '../support/e2e-home.ts'
import type { Message } from '../support/raw-mcp.ts'
import { type Upstream, upstream } from '../tools/http/upstream.ts'

const CALLS = 200
const AT_ONCE = [200, 60, 20, 10, 5, 2]

let api: Upstream
let home: E2eHome
/** What happens when the upstream is asked; set by a test. */
let onRequest: (url: string) => 'answer' | 'wait' = () => 'answer'

beforeAll(async () => {
  api = await upstream((request, response) => {
    if (onRequest(request.url ?? '') === 'wait') return
    setTimeout(() => response.end('{}'), Math.random() * 15)
  })
  home = e2eHome({
    files: {
      'keyhand.yaml': `version: 1
secrets:
  k: { provider: env, variable: API_KEY }
tools:
  api:
    type: http
    base_url: http://127.0.0.1:${api.port}
    auth: { type: bearer, token: k }
`,
      'agents/tester.yaml': `agent: tester
tools:
  api:
    allow: [{ methods: [GET], paths: [/**] }]
    limit: 100000/day
`,
    },
    env: { API_KEY: 'Vq3-Zt8KxWm5Rp2NsYh7Lj4G' },
  })
})
afterAll(async () => {
  await api.close()
  home.remove()
})

describe('a server that is killed at any moment of 200 calls', () => {
  /** Calls that were answered, by their id, with the path that was asked for. */
  const answered = new Map<string, string>()
  /** Paths that the upstream was asked for and never answered. */
  const unanswered: string[] = []

  it.each(AT_ONCE)('is killed with %i calls at once', async (atOnce) => {
    const raw = await home.raw('tester')
    // The last request before the end is never answered: at least one call is cut off in the middle.
    const last = (atOnce < CALLS ? atOnce : 0) + 1 + Math.floor(Math.random() * (CALLS - atOnce))
    let asked = 0
    onRequest = (url) => {
      asked += 1
      if (asked !== last) return 'answer'
      unanswered.push(url)
      // At once: what is recorded too late is not recorded; or later, among answers.
      if (Math.random() < 0.5) raw.process.kill('SIGKILL')
      else setTimeout(() => raw.process.kill('SIGKILL'), Math.random() * 40)
      return 'wait'
    }
    let sent = 0
    const sendNext = () => {
      if (sent === CALLS) return
      sent += 1
      raw.send(toolCall(sent, 'api', { method: 'GET', path: pathOf(atOnce, sent) }))
      raw.response(sent).then(sendNext, () => {})
    }
    for (let n = 0; n < atOnce; n += 1) sendNext()
    expect(await raw.exit()).toEqual({ code: null, signal: 'SIGKILL' })
    for (const line of raw.lines) {
      const message = JSON.parse(line) as Message & { result?: { _meta?: Message } }
      const call = message.result?._meta?.['keyhand/call']
      const id = message['id']
      if (typeof call === 'string' && typeof id === 'number') answered.set(call, pathOf(atOnce, id))
    }
  })

  it('sent nothing to the upstream without an intent record', async () => {
    const intended = new Set(
      home.records().flatMap(({ kind, path }) => (kind === 'intent' ? [path] : [])),
    )
    const sent = api.seen.map(({ url }) => url)
    expect(sent.length).toBeGreaterThan(AT_ONCE.length)
    expect(sent.filter((url) => !intended.has(url))).toEqual([])
  })

  it('answered nothing without an outcome record', async () => {
    const entries = new Map((await allEntries()).map((entry) => [entry.call, entry]))
    expect(answered.size).toBeGreaterThan(0)
    for (const [call, path] of answered) {
      const entry = entries.get(call)
      expect(entry?.result).toBe('performed')
      expect(entry?.records.map((record) => record.path)).toEqual([path, path])
    }
  })

  it('left calls that read as unknown where nobody knows what became of them', async () => {
    const unknown = (await allEntries()).filter(({ result }) => result === 'unknown')
    const paths = unknown.map(({ records }) => records[0]?.path)
    expect(unanswered).toHaveLength(AT_ONCE.length)
    for (const path of unanswered) expect(paths).toContain(path)
    const shown = await home.keyhand(['audit', 'show', String(unknown[0]?.call)])
    expect(shown.code).toBe(0)
    expect(shown.out).toContain('unknown')
  })

  it('left a trail that verifies, and the next server goes on with it', async () => {
    onRequest = () => 'answer'
    const before = await home.verify()
    expect(before.code).toBe(0)
    expect(before.problems.filter(({ severity }) => severity === 'problem')).toEqual([])
    const raw = await home.raw('tester')
    raw.send(toolCall(1, 'api', { method: 'GET', path: '/after' }))
    expect(await raw.response(1)).toMatchObject({ result: { structuredContent: { status: 200 } } })
    raw.end()
    await raw.exit()
    expect((await home.verify()).code).toBe(0)
  })
})

describe.skipIf(process.platform === 'win32')('a server that is told to stop', () => {
  it('flushes the trail: a call that finishes in time is recorded and answered', async () => {
    const raw = await home.raw('tester')
    const asked = new Promise<void>((resolve) => {
      onRequest = () => {
        resolve()
        return 'answer'
      }
    })
    raw.send(toolCall(1, 'api', { method: 'GET', path: '/in-time' }))
    await asked
    raw.process.kill('SIGTERM')
    expect(await raw.response(1)).toMatchObject({ result: { structuredContent: { status: 200 } } })
    expect(await raw.exit()).toEqual({ code: 0, signal: null })
    expect(outcomeOf('/in-time')).toMatchObject({ status: 200 })
  })

  it('aborts what takes longer, and records that too', async () => {
    const raw = await home.raw('tester')
    const asked = new Promise<void>((resolve) => {
      onRequest = () => {
        resolve()
        return 'wait'
      }
    })
    raw.send(toolCall(1, 'api', { method: 'GET', path: '/too-long' }))
    await asked
    raw.process.kill('SIGTERM')
    expect(JSON.stringify(await raw.response(1))).toContain('failed (cancelled)')
    expect(await raw.exit()).toEqual({ code: 0, signal: null })
    expect(outcomeOf('/too-long')).toMatchObject({ error: { code: 'cancelled' } })
    expect((await home.verify()).code).toBe(0)
  })

  const outcomeOf = (path: string) =>
    home.records().find((record) => record.kind === 'outcome' && record.path === path)
})

function pathOf(atOnce: number, n: number): string {
  return `/${atOnce}-at-once/call-${n}`
}

async function allEntries(): Promise<TrailEntry[]> {
  const all: TrailEntry[] = []
  for (const file of await listTrail(home.state)) {
    for await (const entry of fileEntries(file)) all.push(entry)
  }
  return all
}
