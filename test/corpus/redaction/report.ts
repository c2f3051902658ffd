import { parseArgs } from 'node:util'
import { LeakDetector } from '../../support/leak-detector.ts'
import { everyNth, OTHER_SECRET, wholeValueCases } from './cases.ts'
import { fits, MODES, type Mode, type Outcome, outcomeOf, redacted, redactorOf } from './in-process.ts'
import { sampleSecrets } from './secret-kinds.ts'
import { Tally } from './tally.ts'

/**
 * Runs the corpus through the redactor of src/, in this process, and prints class x result.
 * `node test/corpus/redaction/report.ts [--every N] [--mode text] [--family base64] [--depth 1] [--names 8] [--show]`
 *
 * --every N   every N-th case (default 7)   --mode M    only this mode   --family F  only classes whose name has F in it
 * --depth N   1: no pairs; 2: pairs only    --names N   how many leaking transformations are named per class (default 0)
 * --show      prints each leaking output    --off       does not redact at all: the detector must find every case
 */
const { values: options } = parseArgs({
  options: {
    every: { type: 'string', default: '7' },
    mode: { type: 'string' },
    family: { type: 'string', default: '' },
    depth: { type: 'string' },
    names: { type: 'string', default: '0' },
    show: { type: 'boolean', default: false },
    off: { type: 'boolean', default: false },
  },
})

const secrets = [...sampleSecrets(), OTHER_SECRET]
const redactor = redactorOf(secrets)
const tally = new Tally()
const modes = MODES.filter((mode) => options.mode === undefined || mode.startsWith(options.mode))
const started = performance.now()
let expected = 0
for (const one of everyNth(wholeValueCases(), Number(options.every))) {
  const { transformation, position, secret, text } = one
  if (!transformation.family.includes(options.family)) continue
  const depth = transformation.family.startsWith('depth 2') ? '2' : '1'
  if (options.depth !== undefined && options.depth !== depth) continue
  // Most modes give the same: it is looked at once.
  const seen = new Map<string | null, Outcome>()
  for (const mode of modes) {
    if (!fits(mode, position.mediaType)) continue
    const detector = new LeakDetector([secret])
    const output = options.off ? text : redacted(redactor, mode, text)
    const outcome = seen.get(output) ?? outcomeOf(output, detector)
    seen.set(output, outcome)
    expected += detector.expectedByChance
    tally.add(transformation.family, memberOf(mode, transformation.name, secret.kind), outcome)
    if (options.show && outcome === 'leak') {
      console.log(`${mode} / ${transformation.name} / ${position.name} / ${secret.kind}\n${output}\n`)
    }
  }
}
console.log(tally.table(Number(options.names)))
console.log(`expected by chance: ${expected.toExponential(1)}; ${((performance.now() - started) / 1000).toFixed(1)} s`)

function memberOf(mode: Mode, transformation: string, kind: string): string {
  return `${transformation} (${mode.replace(/,.*/, '')}, ${kind})`
}
