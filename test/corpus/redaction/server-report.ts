import { parseArgs } from 'node:util'
import { serverRun } from '../../leak/server-run.ts'

/**
 * Runs the corpus through the built server over stdio with a real client, and prints class x result.
 * `npm run build && node test/corpus/redaction/server-report.ts [--every N] [--names 8]`
 */
const { values: options } = parseArgs({
  options: { every: { type: 'string', default: '100' }, names: { type: 'string', default: '0' } },
})

const started = performance.now()
const run = await serverRun(Number(options.every))
console.log(run.byClass.table(Number(options.names)))
console.log(`\n${run.byChannel.table(Number(options.names))}`)
console.log(
  `\nexpected by chance: ${run.expectedByChance.toExponential(1)}; stops for probing: ${run.stops}; ` +
    `lines of the trail: ${run.trail.length}; ${((performance.now() - started) / 1000).toFixed(1)} s`,
)
