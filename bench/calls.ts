import { interleaved, median, quantile, timed } from './figures.ts'
import { startInitialized } from './mcp-process.ts'
import type { Row } from './table.ts'
import type { World } from './world.ts'

const UPSTREAMS = [
  { path: '/later', answers: 'after 20 ms', p50: { bare: 1.15, recording: null } },
  { path: '/now', answers: 'at once', p50: { bare: null, recording: 1.5 } },
] as const

/** One call after the other: what keyhand adds to each. */
export async function calls(
  { keyhand, bare, recording }: World,
  { count, warmUps }: { readonly count: number; readonly warmUps: number },
): Promise<Row[]> {
  const servers = {
    keyhand: { tool: keyhand.tool, server: await startInitialized(keyhand.command) },
    bare: { tool: bare.tool, server: await startInitialized(bare.command) },
    recording: { tool: recording.tool, server: await startInitialized(recording.command) },
  }
  const rows: Row[] = []
  let sent = 0
  for (const { path, answers, p50 } of UPSTREAMS) {
    const one = ({ tool, server }: (typeof servers)['bare']) => {
      sent += 1
      return timed(() => server.call(tool, { method: 'GET', path: `${path}/${sent}` }))
    }
    const round = {
      keyhand: () => one(servers.keyhand),
      bare: () => one(servers.bare),
      recording: () => one(servers.recording),
    }
    await interleaved(warmUps, round)
    const { keyhand, ...baselines } = await interleaved(count, round)
    for (const name of ['bare', 'recording'] as const) {
      const what = `a call, upstream ${answers}${name === 'bare' ? '' : ', to the bare tool that records'}`
      const values = baselines[name]
      rows.push(
        {
          what: `${what}: p50`,
          unit: 'ms',
          keyhand: median(keyhand),
          baseline: median(values),
          target: p50[name],
        },
        {
          what: `${what}: p99`,
          unit: 'ms',
          keyhand: quantile(keyhand, 0.99),
          baseline: quantile(values, 0.99),
          target: null,
        },
      )
    }
  }
  for (const { server } of Object.values(servers)) await server.end()
  return rows
}
