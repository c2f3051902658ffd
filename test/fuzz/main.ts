import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { redacted, redactorOf } from '../corpus/redaction/in-process.ts'
import { LeakDetector } from '../support/leak-detector.ts'
import { choices } from './choices.ts'
import { mangling, manySecrets } from './mangling.ts'
import { type Nested, nested, split } from './nested.ts'
import { logs, type RealText, realText } from './real-text.ts'
import { ADVERSARIES, exponentsOf } from './time.ts'

/**
 * For as long as wanted. Ends with 1 where something leaks, crashes, or takes more than linear time.
 *
 * npm run fuzz -- [--minutes N] [--seed S]    nestings, splits, invalid UTF-8; before that, times and 100 MB
 * npm run fuzz -- nested|time|large|mangling  only that; mangling takes [--megabytes 60] [--secrets 1000]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    megabytes: { type: 'string', default: '60' },
    secrets: { type: 'string', default: '1000' },
  },
})
/** More than this is no longer the noise of a machine that does other things too. */
const LINEAR = 1.3
const say = (text: string) => void process.stdout.write(`${text}\n`)
const wanted = (part: string) => positionals.length === 0 || positionals.includes(part)
let failures = 0

if (wanted('time')) times()
if (wanted('large')) large(100_000_000)
if (wanted('nested')) await nestings()
if (positionals.includes('mangling')) mangled()
process.exitCode = failures > 0 ? 1 : 0

function times(): void {
  say(`${'adversary'.padEnd(22)}  exp. of size  exp. of secrets  slowest ns/character`)
  for (const name of Object.keys(ADVERSARIES)) {
    const found = exponentsOf(name, {
      sizes: [50_000, 100_000, 200_000, 400_000],
      counts: [10, 100, 1_000],
    })
    const figures = [found.size.toFixed(2).padStart(12), found.secrets.toFixed(2).padStart(15)]
    say(`${name.padEnd(22)}  ${figures.join('  ')}  ${found.slowest.toFixed(0).padStart(20)}`)
    if (found.size > LINEAR || found.secrets > LINEAR) failures++
  }
}

/** One message of that length, whole and as a stream, with a value in its middle. */
function large(length: number): void {
  const secrets = manySecrets(100)
  const redactor = redactorOf([])
  for (const secret of secrets) redactor.register(secret)
  const value = secrets[0]?.reveal() ?? ''
  const half = logs(1_000_000)
    .text.repeat(Math.ceil(length / 2_000_000))
    .slice(0, length / 2)
  const text = `${half} ${value} ${half}`
  const started = performance.now()
  const output = redacted(redactor, 'text', text)
  if (output?.includes(value)) failures++
  say(
    `${text.length / 1e6} MB at once: ${output === null ? 'withheld' : 'redacted'} in ${seconds(started)}`,
  )
  const streaming = performance.now()
  const stream = redactor.session().stream()
  let shown = false
  let tail = ''
  for (const piece of split(text, [65_536])) {
    const out = stream.push(piece)
    shown ||= (tail + out).includes(value)
    tail = out.slice(-value.length)
  }
  shown ||= (tail + stream.end()).includes(value)
  if (shown) failures++
  const memory = `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB of memory`
  say(
    `${text.length / 1e6} MB in pieces of 64 kB: ${shown ? 'LEAKS' : 'no leak'} in ${seconds(streaming)}, ${memory}`,
  )
}

/** Until the time is over: each counterexample is printed once for each way of nesting. */
async function nestings(): Promise<void> {
  const until = Date.now() + Number(options.minutes) * 60_000
  const known = new Set<string>()
  let tried = 0
  for (let seed = Number(options.seed); Date.now() < until; seed++) {
    for (const choice of fc.sample(choices, { numRuns: 200, seed })) {
      // What zlib failed to read is let go of only when the event loop turns.
      await setImmediate()
      const made = nested(choice)
      if (made === null || Date.now() >= until) continue
      tried++
      for (const output of outputs(made, choice.seed)) {
        if (output === null || new LeakDetector([made.secret]).inspect(output).length === 0)
          continue
        failures++
        if (!known.has(made.how))
          say(
            `LEAK, seed ${seed}: ${made.how}\n  ${JSON.stringify(made.text.slice(0, 400))}\n  ${JSON.stringify(output.slice(0, 400))}`,
          )
        known.add(made.how)
      }
    }
  }
  say(
    `${tried} nestings to depth 3 from seed ${options.seed}: ${failures} failures, of ${known.size} ways`,
  )
}

/** As a text, in pieces, and among bytes that are no UTF-8; those that differ. */
function outputs({ secret, text }: Nested, seed: number): Set<string | null> {
  const redactor = redactorOf([secret])
  const invalid = Buffer.concat([
    Buffer.from([0xff, 0xc0, 0x80, 0x20]),
    Buffer.from(text),
    Buffer.from([0x20, 0xed, 0xa0]),
  ])
  let bytes: string | null = null
  try {
    bytes = Buffer.from(redactor.session().bytes(invalid)).toString('utf8')
  } catch {
    // Withheld.
  }
  const stream = redactor.session().stream()
  let streamed: string | null = ''
  try {
    for (const piece of split(text, [1 + (seed % 37), 1 + (seed % 11)]))
      streamed += stream.push(piece)
    streamed += stream.end()
  } catch {
    streamed = null
  }
  return new Set([redacted(redactor, 'text', text), bytes, streamed])
}

function mangled(): void {
  const bytes = Number(options.megabytes) * 1e6
  const modules = new URL('../../node_modules', import.meta.url).pathname
  const folders = ['/usr/share/doc', '/usr/share/dict', '/usr/lib/python3', modules]
  const share = Math.ceil((bytes * 0.9) / folders.length)
  let left = bytes * 0.9
  const texts = function* (): Generator<RealText> {
    yield logs(bytes * 0.1)
    for (const folder of folders) {
      for (const one of realText([folder], folder === modules ? left : share)) {
        left -= one.text.length
        yield one
      }
    }
  }
  const started = performance.now()
  const found = mangling(manySecrets(Number(options.secrets)), texts())
  const chance = atLeast(found.partial, found.expectedPartial)
  for (const [kind, characters] of found.charactersByKind)
    say(`${kind}: ${(characters / 1e6).toFixed(1)} MB`)
  say(
    `${(found.characters / 1e6).toFixed(1)} MB with ${options.secrets} secrets in ${seconds(started)}: ` +
      `${found.whole} whole values replaced, ${found.partial} parts (by chance, at most ${found.expectedPartial.toExponential(1)}; as many or more: ${(chance * 100).toFixed(0)} %), ${found.withheld} texts withheld`,
  )
  for (const example of found.examples) say(`  ${example}`)
  if (found.whole > 0 || found.withheld > 0 || chance < 0.01) failures++
}

/** How likely `count` or more are where `expected` are expected (Poisson). */
function atLeast(count: number, expected: number): number {
  let [term, below] = [Math.exp(-expected), 0]
  for (let n = 0; n < count; n++) {
    below += term
    term *= expected / (n + 1)
  }
  return 1 - below
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
