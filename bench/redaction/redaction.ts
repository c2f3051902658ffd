import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import { copying } from './baselines.ts'
import { callCost } from './call-cost.ts'
import { exponentsText, streamingText, throughputText } from './report.ts'
import { streaming } from './streaming.ts'
import { smallMessageText, tablesText } from './tables.ts'
import { throughput } from './throughput.ts'

/** How much is measured. */
export interface RedactionEffort {
  readonly count: number
  readonly warmUps: number
  readonly redaction: {
    readonly rounds: number
    /** In UTF-16 code units, ascending. */
    readonly sizes: readonly number[]
    /** Numbers of secrets, ascending. */
    readonly counts: readonly number[]
    readonly streamed: number
  }
}

/**
 * What redaction costs: speed and delay against size and number of secrets, beside copying, a loop of `replaceAll` and ripgrep in the
 * same run; how that grows; what a stream holds back; and what it adds to a call, which is the answer.
 */
export async function redaction(world: World, effort: RedactionEffort): Promise<Row[]> {
  const { counts, streamed } = effort.redaction
  const copy = copying()
  const rows = throughput(effort.redaction, { copy, folder: world.folder })
  console.log(`${throughputText(rows, copy)}\n\n${exponentsText(rows)}\n`)
  const ends = [counts[0] ?? 1, counts.at(-1) ?? 1]
  console.log(`${streamingText(streaming({ length: streamed, counts: ends }))}\n`)
  console.log(`${smallMessageText([0, ...counts])}\n\n${tablesText(counts)}\n`)
  return callCost(world, effort)
}
