import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, timed } from './figures.ts'
import { type Command, startInitialized } from './mcp-process.ts'
import type { Row } from './table.ts'
import type { Contender, World } from './world.ts'

const CALLS = 200

/** 200 calls at once, upstream after 20 ms: how many syncs make their records durable, and how long all of them take. */
export async function concurrency(
  { keyhand, bare, recording }: World,
  { bursts }: { readonly bursts: number },
): Promise<Row[]> {
  const syncs = { intent: [] as number[], outcome: [] as number[] }
  const times = { keyhand: [] as number[], bare: [] as number[], recording: [] as number[] }
  for (let round = 0; round < bursts; round++) {
    const counted = await countedBurst(keyhand)
    syncs.intent.push(counted.intent)
    syncs.outcome.push(counted.outcome)
    times.keyhand.push(await burst(keyhand, keyhand.command))
    times.bare.push(await burst(bare, bare.command))
    times.recording.push(await burst(recording, recording.command))
  }
  const count = (kind: 'intent' | 'outcome', what: string): Row => ({
    what: `${CALLS} calls at once: syncs for their ${what}, at most`,
    unit: '',
    keyhand: Math.max(...syncs[kind]),
    baseline: null,
    target: 20,
  })
  const time = (what: string, baseline: readonly number[]): Row => ({
    what: `${CALLS} calls at once: all answered${what}`,
    unit: 'ms',
    keyhand: median(times.keyhand),
    baseline: median(baseline),
    target: null,
  })
  return [
    count('intent', 'intents'),
    count('outcome', 'outcomes'),
    time('', times.bare),
    time(', to the bare tool that records', times.recording),
  ]
}

/** In ms, of a server that is warm. */
async function burst({ tool }: Contender, command: Command): Promise<number> {
  const server = await startInitialized(command)
  const all = () =>
    Promise.all(
      Array.from({ length: CALLS }, (_, n) =>
        server.call(tool, { method: 'GET', path: `/later/${n}` }),
      ),
    )
  await all()
  const ms = await timed(all)
  await server.end()
  return ms
}

/** One burst after one call, which a server that was just started is loaded with. */
async function countedBurst(contender: Contender): Promise<{ intent: number; outcome: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhand-bench-'))
  const file = join(folder, 'syncs.json')
  const { args, env } = contender.command
  const counter = join(import.meta.dirname, 'count-syncs.ts')
  const server = await startInitialized({
    args: ['--import', counter, ...args],
    env: { ...env, BENCH_SYNCS: file },
  })
  await server.call(contender.tool, { method: 'GET', path: '/now/first' })
  await Promise.all(
    Array.from({ length: CALLS }, (_, n) =>
      server.call(contender.tool, { method: 'GET', path: `/later/${n}` }),
    ),
  )
  await server.end()
  const { intent, outcome } = JSON.parse(readFileSync(file, 'utf8')) as Record<
    'intent' | 'outcome',
    number
  >
  rmSync(folder, { recursive: true })
  return { intent: intent - 1, outcome: outcome - 1 }
}
