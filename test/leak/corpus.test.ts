import { expect, it } from 'vitest'
import { everyNth, OTHER_SECRET, wholeValueCases } from '../corpus/redaction/cases.ts'
import { fragmentsOf } from '../corpus/redaction/fragments.ts'
import {
  fits,
  MODES,
  type Mode,
  outcomeOf,
  redacted,
  redactorOf,
} from '../corpus/redaction/in-process.ts'
import { sampleSecrets } from '../corpus/redaction/secret-kinds.ts'
import { Tally } from '../corpus/redaction/tally.ts'
import { REPRESENTATIVES, TRANSFORMATIONS } from '../corpus/redaction/transformations.ts'
import { LeakDetector } from '../support/leak-detector.ts'

const secrets = [...sampleSecrets(), OTHER_SECRET]

/** Each n-th of all cases; `npm run leaks` takes all of them. No factor of the numbers of kinds, positions and modes. */
const EVERY = 29
const EVERY_STREAMED = 113
const EVERY_FRAGMENT = 3
const TEXT_MODES = MODES.filter((mode) => mode !== 'json')

it('no value of the corpus can be read in what the redactor gives out', () => {
  const redactor = redactorOf(secrets)
  const tally = new Tally()
  const met = {
    transformations: new Set<string>(),
    kinds: new Set<string>(),
    modes: new Set<Mode>(),
  }
  let number = 0
  for (const { secret, transformation, position, text } of everyNth(wholeValueCases(), EVERY)) {
    const modes = MODES.filter((mode) => fits(mode, position.mediaType))
    const mode = modes[number++ % modes.length] ?? 'text'
    const outcome = outcomeOf(redacted(redactor, mode, text), new LeakDetector([secret]))
    const member = `${transformation.name} (${mode}, ${position.name}, ${secret.kind})`
    tally.add(transformation.family, member, outcome)
    met.transformations.add(transformation.name)
    met.kinds.add(secret.kind)
    met.modes.add(mode)
  }
  process.stdout.write(`leak corpus, in this process: ${summary(tally)}\n`)
  expect(tally.leaking()).toEqual([])
  expect(tally.total()).toBeGreaterThan(1_200)
  expect(missing(TRANSFORMATIONS, met.transformations)).toEqual([])
  expect(met.transformations.size).toBeGreaterThan(TRANSFORMATIONS.length + REPRESENTATIVES.length)
  expect(met.kinds.size).toBe(secrets.length - 1)
  expect(met.modes.size).toBe(MODES.length)
})

it('a stream gives what the whole text gives, but for a value in parts, of which it has let the first ones out', () => {
  const redactor = redactorOf(secrets)
  let compared = 0
  for (const { transformation, text } of everyNth(wholeValueCases(), EVERY_STREAMED)) {
    if (transformation.scatters) continue
    const whole = redacted(redactor, 'text', text)
    for (const mode of MODES.filter((one) => one.startsWith('stream'))) {
      expect(redacted(redactor, mode, text)).toBe(whole)
      compared++
    }
  }
  expect(compared).toBeGreaterThan(500)
})

it('no part of a value that is long enough can be read either', () => {
  const tally = new Tally()
  for (const secret of sampleSecrets()) {
    const redactor = redactorOf([secret])
    const fragments = [...everyNth(fragmentsOf(secret), EVERY_FRAGMENT)]
    for (const [index, { transformation, from, length, text }] of fragments.entries()) {
      const mode = TEXT_MODES[index % TEXT_MODES.length] ?? 'text'
      const outcome = outcomeOf(redacted(redactor, mode, text), new LeakDetector([secret]))
      tally.add(
        transformation.family,
        `${transformation.name}, ${length} of the ${from} (${mode}, ${secret.kind})`,
        outcome,
      )
    }
  }
  process.stdout.write(`fragments, in this process: ${summary(tally)}\n`)
  expect(tally.leaking()).toEqual([])
  expect(tally.total()).toBeGreaterThan(300)
})

it('is a gate that can fail: without redaction, each case of a sample leaks', () => {
  const redactor = redactorOf([])
  const outcomes = [...everyNth(wholeValueCases(), 1_009, 7)].map(({ secret, text }) =>
    outcomeOf(redacted(redactor, 'text', text), new LeakDetector([secret])),
  )
  expect(new Set(outcomes)).toEqual(new Set(['leak']))
})

function summary(tally: Tally): string {
  return `${tally.total()} cases, ${tally.total('leak')} leaks, ${tally.total('withheld')} withheld`
}

function missing(wanted: readonly { readonly name: string }[], met: ReadonlySet<string>): string[] {
  return wanted.map(({ name }) => name).filter((name) => !met.has(name))
}
