import { parseArgs } from 'node:util'
import { calls } from './calls.ts'
import { coldStart } from './cold-start.ts'
import { concurrency } from './concurrency.ts'
import { fetching } from './fetching.ts'
import { memory } from './memory.ts'
import { providers } from './providers.ts'
import { type RedactionEffort, redaction } from './redaction/redaction.ts'
import { startSize } from './start-size.ts'
import { type Row, tableText } from './table.ts'
import { makeWorld, type World } from './world.ts'

/**
 * `npm run bench [-- [--quick] SECTION...]`: what keyhand costs, each figure as a ratio to a baseline of the same run. The baseline is
 * an SDK server with one unprotected tool, bundled and started the same way; both are driven by hand over stdio, in turn.
 */
interface Effort extends RedactionEffort {
  readonly starts: number
  readonly bursts: number
}

const SIZES = [1_000, 10_000, 100_000, 1_000_000, 4_000_000]
const COUNTS = [1, 10, 100, 1_000]

const FULL: Effort = {
  starts: 15,
  count: 1_000,
  warmUps: 100,
  bursts: 5,
  redaction: { rounds: 5, sizes: SIZES, counts: COUNTS, streamed: 1_000_000 },
}
const QUICK: Effort = {
  starts: 5,
  count: 100,
  warmUps: 30,
  bursts: 2,
  redaction: { rounds: 3, sizes: SIZES, counts: COUNTS, streamed: 200_000 },
}
/** For the test of the bench itself. */
const TINY: Effort = {
  starts: 1,
  count: 3,
  warmUps: 1,
  bursts: 1,
  redaction: { rounds: 1, sizes: [1_000, 10_000], counts: [1, 10], streamed: 20_000 },
}

const SECTIONS = {
  start: async (world, effort) => [
    ...(await coldStart(world, effort)),
    ...(await startSize(world)),
  ],
  memory,
  calls,
  concurrency,
  fetching,
  providers,
  redaction,
} satisfies Record<string, (world: World, effort: Effort) => Promise<Row[]>>

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean' }, tiny: { type: 'boolean' } },
    allowPositionals: true,
  })
  const effort = values.tiny === true ? TINY : values.quick === true ? QUICK : FULL
  const unknown = positionals.find((name) => !Object.hasOwn(SECTIONS, name))
  if (unknown !== undefined) {
    throw new Error(`no section \`${unknown}\`: ${Object.keys(SECTIONS).join(', ')}`)
  }
  const chosen = Object.entries(SECTIONS).filter(
    ([name]) => positionals.length === 0 || positionals.includes(name),
  )
  await ratios(chosen, effort)
}

async function ratios(
  sections: readonly [string, (world: World, effort: Effort) => Promise<Row[]>][],
  effort: Effort,
): Promise<void> {
  const world = await makeWorld()
  try {
    for (const [name, measure] of sections) {
      console.log(`${tableText(name, await measure(world, effort))}\n`)
    }
  } finally {
    await world.close()
  }
}

await main()
