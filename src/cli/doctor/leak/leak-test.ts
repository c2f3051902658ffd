import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BrokerError } from '../../../core/errors.ts'
import { connectDemoClient, type DemoClient } from '../../demo/demo-client.ts'
import { DEMO_AGENT, type DemoHome, makeDemoHome } from '../../demo/demo-home.ts'
import { EXIT, type ExitCode } from '../../exit-codes.ts'
import type { Io } from '../../io.ts'
import { holdsAny } from './detector.ts'
import { CHANNELS, type EchoServer, startEchoServer } from './echo-server.ts'
import { ENCODINGS } from './encodings.ts'

/** What became of a value that an upstream said back. `failed`: the call came to nothing, so that nothing was shown to hold. */
export type LeakResult = 'removed' | 'withheld' | 'LEAK' | 'failed'

/**
 * `keyhand doctor --leak`: a canary in a throw-away home, a local server that says it back in every way, and this installation's
 * own `serve` between the two. Ends with 1 where anything of the canary gets through.
 */
export async function leakTest(io: Io): Promise<ExitCode> {
  const canary = `kh_canary_${randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x')}`
  const echo = await startEchoServer()
  const home = await makeDemoHome(echo.origin)
  try {
    await plant(home, echo.origin, canary)
    const client = await connectDemoClient(home.env)
    try {
      io.say(
        'A canary is sent to a local server, which says it back. What a model would see of it:\n',
      )
      return await report(io, await table({ client, echo, home, canary }))
    } finally {
      await client.close()
    }
  } finally {
    await home.remove()
    await echo.close()
  }
}

async function plant(home: DemoHome, origin: string, canary: string): Promise<void> {
  const folder = home.env['KEYHAND_HOME'] ?? ''
  const catalog = `version: 1
secrets:
  canary: { provider: file }
tools:
  echo:
    type: http
    base_url: ${origin}
    auth: { type: bearer, token: canary }
`
  const scope = `agent: ${DEMO_AGENT}
tools:
  echo: { allow: [{ methods: [GET], paths: [/**] }] }
`
  await writeFile(join(folder, 'keyhand.yaml'), catalog, { mode: 0o600 })
  await writeFile(join(folder, 'agents', `${DEMO_AGENT}.yaml`), scope, { mode: 0o600 })
  const set = await home.keyhand(['secret', 'set', 'canary'], canary)
  if (set.code !== 0) throw new BrokerError('internal', 'the canary could not be stored')
}

interface Bench {
  readonly client: DemoClient
  readonly echo: EchoServer
  readonly home: DemoHome
  readonly canary: string
}

async function table(bench: Bench): Promise<readonly (readonly LeakResult[])[]> {
  const rows: LeakResult[][] = []
  for (const encoding of ENCODINGS.keys()) {
    const row: LeakResult[] = []
    for (const channel of CHANNELS.keys()) row.push(await cell(bench, encoding, channel))
    rows.push(row)
  }
  return rows
}

async function cell(
  { client, echo, home, canary }: Bench,
  encoding: number,
  channel: number,
): Promise<LeakResult> {
  echo.takeSaid()
  const shown = await client.call('echo', { method: 'GET', path: `/${encoding}/${channel}` })
  const said = echo.takeSaid()
  if (said === null) return 'failed'
  if (holdsAny(shown.all, [said, canary])) return 'LEAK'
  const isStopped = /answer is withheld/.test(shown.text)
  // Parts of a value look like guessing, which stops an agent; this one goes on.
  if (isStopped) await home.keyhand(['agent', 'unblock', DEMO_AGENT])
  return isStopped ? 'withheld' : 'removed'
}

async function report(io: Io, rows: readonly (readonly LeakResult[])[]): Promise<ExitCode> {
  const all = rows.flat()
  const leaks = all.filter((result) => result === 'LEAK').length
  const failed = all.filter((result) => result === 'failed').length
  if (!io.json) {
    const { tableText } = await import('../../table.ts')
    const named = rows.map((row, index) => [ENCODINGS[index]?.name ?? '', ...row])
    io.say(tableText(['SAID BACK', ...CHANNELS.map((name) => name.toUpperCase())], named))
  }
  const held = `${all.length - leaks - failed} of ${all.length} ways show nothing of it`
  io.say(
    `\n${held}${leaks > 0 ? `; ${leaks} LEAK` : ''}${failed > 0 ? `; ${failed} calls came to nothing` : ''}`,
  )
  io.data({
    leaks,
    failed,
    cases: rows.flatMap((row, encoding) =>
      row.map((result, channel) => ({
        encoding: ENCODINGS[encoding]?.name ?? '',
        channel: CHANNELS[channel] ?? '',
        result,
      })),
    ),
  })
  return leaks + failed > 0 ? EXIT.no : EXIT.ok
}
