import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, type E2eHome, e2eHome, toolCall } from '../support/e2e-home.ts'
import { initialize, type RawMcp, startRaw } from '../support/raw-mcp.ts'
import { type Upstream, upstream } from '../tools/http/upstream.ts'

/** Holds state.db and its log, and some hundred records. */
const MOST_KIBIBYTES = 128
const MOST_CALLS = 600

let api: Upstream
let home: E2eHome

beforeAll(async () => {
  api = await upstream((_, response) => response.end('{}'))
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
`,
    },
    env: { API_KEY: 'Vq3-Zt8KxWm5Rp2NsYh7Lj4G' },
  })
})
afterAll(async () => {
  await api.close()
  home.remove()
})

// The size of a file is limited in place of the disk's: that needs no rights, and a write fails in the same place.
describe.skipIf(process.platform === 'win32')('a disk that takes no more', () => {
  it('refuses calls and sends nothing, and takes them again when there is room', async () => {
    const raw = startRaw(
      'bash',
      [
        '-c',
        `ulimit -S -f ${MOST_KIBIBYTES} && exec "$0" "$@"`,
        process.execPath,
        BIN,
        'serve',
        '--agent',
        'tester',
      ],
      home.env,
    )
    raw.send(initialize(0))
    await raw.response(0)

    let n = 0
    let text = ''
    while (!text.includes('"isError":true') && n < MOST_CALLS) text = await call(raw, ++n)
    expect(n).toBeGreaterThan(10)
    expect(text).toMatch(
      /\(unavailable\): nothing was performed|the call was performed, and its answer is withheld/,
    )
    const sent = api.seen.length

    const during = await Promise.all(Array.from({ length: 20 }, () => call(raw, ++n)))
    for (const answer of during) expect(answer).toContain('(unavailable): nothing was performed')
    expect(api.seen).toHaveLength(sent)
    const intended = new Set(home.records().map(({ path }) => path))
    for (const { url } of api.seen) expect(intended).toContain(url)

    if (process.platform === 'linux') {
      await promisify(execFile)('prlimit', [`--pid=${raw.process.pid}`, '--fsize=unlimited'])
      expect(await call(raw, ++n)).toContain('"status":200')
      expect(api.seen).toHaveLength(sent + 1)
    }
    raw.end()
    expect(await raw.exit()).toEqual({ code: 0, signal: null })
    const { code, problems } = await home.verify()
    expect(problems.filter(({ severity }) => severity === 'problem')).toEqual([])
    expect(code).toBe(0)
  })
})

async function call(raw: RawMcp, n: number): Promise<string> {
  raw.send(toolCall(n, 'api', { method: 'GET', path: `/call-${n}` }))
  return JSON.stringify(await raw.response(n))
}
