import { expect, it } from 'vitest'
import { CHANNELS } from '../corpus/redaction/channels.ts'
import { inRecordsOf } from '../leak/records.ts'
import { serverRun } from '../leak/server-run.ts'

/** Each n-th case, each through one channel and in one chunking, in turn; `npm run leaks` takes all of them. */
const EVERY = 83

it('no value of the corpus can be read in what the built server answers, says or records', async () => {
  const run = await serverRun(EVERY)
  const total = run.byClass.total()
  process.stdout.write(
    `leak corpus, through the built server: ${total} cases, ${run.byClass.total('leak')} leaks, ` +
      `${run.byClass.total('withheld')} withheld, ${run.expectedByChance.toExponential(1)} expected by chance\n`,
  )
  expect(run.byClass.leaking()).toEqual([])
  expect(run.byChannel.leaking()).toEqual([])
  expect(total).toBeGreaterThan(400)
  expect(CHANNELS.length).toBeGreaterThan(12)
  expect(inRecordsOf(run)).toEqual({ secrets: [], shallow: 0 })
}, 300_000)
