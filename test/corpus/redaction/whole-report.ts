import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { everyNth, OTHER_SECRET, wholeValueCases } from './cases.ts'
import { fragmentsOf } from './fragments.ts'
import { fits, MODES, outcomeOf, redacted, redactorOf } from './in-process.ts'
import { sampleSecrets } from './secret-kinds.ts'
import { Tally } from './tally.ts'
import { LeakDetector } from '../../support/leak-detector.ts'
import { inRecordsOf } from '../../leak/records.ts'
import { serverRun } from '../../leak/server-run.ts'

/**
 * The whole corpus, in this process and through the built server; ends with 1 where anything leaks.
 * `npm run leaks -- [--every N] [--server-every N] [--names 8]`
 */
const { values: options } = parseArgs({
  options: {
    every: { type: 'string', default: '1' },
    'server-every': { type: 'string', default: '1' },
    names: { type: 'string', default: '8' },
  },
})
const names = Number(options.names)
let leaks = 0

const whole = new Tally()
const redactor = redactorOf([...sampleSecrets(), OTHER_SECRET])
for (const one of everyNth(wholeValueCases(), Number(options.every))) {
  const { transformation, position, secret, text } = one
  // What zlib failed to read is let go of only when the event loop turns.
  await setImmediate()
  // Most modes give the same: it is looked at once.
  const outcomes = new Map<string | null, ReturnType<typeof outcomeOf>>()
  for (const mode of MODES.filter((candidate) => fits(candidate, position.mediaType))) {
    const output = redacted(redactor, mode, text)
    const outcome = outcomes.get(output) ?? outcomeOf(output, new LeakDetector([secret]))
    outcomes.set(output, outcome)
    whole.add(transformation.family, `${transformation.name} (${mode}, ${secret.kind})`, outcome)
  }
}
report('whole values, in this process', whole)

const parts = new Tally()
for (const secret of sampleSecrets()) {
  const knowing = redactorOf([secret])
  for (const { transformation, from, length, text } of everyNth(
    fragmentsOf(secret),
    Number(options.every),
  )) {
    await setImmediate()
    for (const mode of MODES.filter((candidate) => candidate !== 'json')) {
      const outcome = outcomeOf(redacted(knowing, mode, text), new LeakDetector([secret]))
      const member = `${transformation.name}, ${length} of the ${from} (${mode}, ${secret.kind})`
      parts.add(transformation.family, member, outcome)
    }
  }
}
report('fragments, in this process', parts)

const server = await serverRun(Number(options['server-every']))
report('whole values, through the built server', server.byClass)
report('the same by channel', server.byChannel)
const { secrets: recorded, shallow } = inRecordsOf(server)
console.log(
  `in stderr, trail and audit show: ${recorded.length} secrets (${recorded.join(', ')}); ` +
    `${shallow} lines were read less deep`,
)
process.exitCode = leaks + recorded.length > 0 ? 1 : 0

function report(title: string, tally: Tally): void {
  console.log(`${title}\n${tally.table(names)}\n`)
  leaks += tally.total('leak')
}
