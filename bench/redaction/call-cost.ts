import { setTimeout } from 'node:timers/promises'
import { interleaved, median, timed } from '../figures.ts'
import { startInitialized } from '../mcp-process.ts'
import type { Row } from '../table.ts'
import { SETTLED_MS, type World } from '../world.ts'
import { bundleWithout, homeWith, SECRETS } from './call-homes.ts'

/** What redaction may make of a call's time. */
const TARGET = 1.05

/**
 * A call that is answered with 10 kB of JSON, through the built server: what registered values add to it, against the same server
 * whose catalog says `redact: off` of all of them; and what redaction adds as a whole, against a bundle without it, since the
 * layers decode what looks encoded also where nothing is registered.
 */
export async function callCost(
  world: World,
  { count, warmUps }: { readonly count: number; readonly warmUps: number },
): Promise<Row[]> {
  const without = await bundleWithout(world)
  const commands = {
    without: homeWith(world, SECRETS, without),
    nothing: homeWith(world, 0),
    one: homeWith(world, 1),
    all: homeWith(world, SECRETS),
  }
  await setTimeout(SETTLED_MS)
  const servers = {
    without: await startInitialized(commands.without),
    nothing: await startInitialized(commands.nothing),
    one: await startInitialized(commands.one),
    all: await startInitialized(commands.all),
  }
  const rows: Row[] = []
  let sent = 0
  for (const [folder, answers] of [
    ['/later', 'after 20 ms'],
    ['/now', 'at once'],
  ] as const) {
    const one = (name: keyof typeof servers) => () => {
      sent += 1
      const path = `${folder}/large/${sent}`
      return timed(() => servers[name].call('tool_0', { method: 'GET', path }))
    }
    const round = {
      without: one('without'),
      nothing: one('nothing'),
      one: one('one'),
      all: one('all'),
    }
    await interleaved(warmUps, round)
    const times = await interleaved(count, round)
    const row = (words: string, name: 'one' | 'all', baseline: 'nothing' | 'without'): Row => ({
      what: `10 kB, upstream ${answers}, ${words}: p50`,
      unit: 'ms',
      keyhand: median(times[name]),
      baseline: median(times[baseline]),
      target: TARGET,
    })
    rows.push(
      row('1 registered, to none', 'one', 'nothing'),
      row(`${SECRETS} registered, to none`, 'all', 'nothing'),
      row(`${SECRETS} registered, to no redaction`, 'all', 'without'),
    )
  }
  for (const server of Object.values(servers)) await server.end()
  return rows
}
