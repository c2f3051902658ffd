import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Json } from '../../src/core/json.ts'
import { redacted, redactorOf } from '../corpus/redaction/in-process.ts'
import { sampleSecrets } from '../corpus/redaction/secret-kinds.ts'
import { LeakDetector } from '../support/leak-detector.ts'
import { choices } from './choices.ts'
import { nested, split } from './nested.ts'

const number = fc.nat()
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })

const fixed = { seed: 20_261_123 }

it('what comes in pieces gives what the whole gives, or less', () => {
  const redactor = redactorOf(sampleSecrets('fuzz/0'))
  fc.assert(
    fc.property(choices, sizes, (choice, pieces) => {
      const made = nested({ ...choice, seed: 0 })
      fc.pre(made !== null)
      const whole = redacted(redactor, 'text', made.text)
      const stream = redactor.session().stream()
      let out = ''
      try {
        for (const piece of split(made.text, pieces)) out += stream.push(piece)
        out += stream.end()
      } catch {
        return
      }
      if (out !== whole) expect(new LeakDetector([made.secret]).inspect(out), made.how).toEqual([])
    }),
    { ...fixed, numRuns: 200 },
  )
}, 120_000)

it('bytes of any kind are withheld or given, and never a crash', () => {
  const redactor = redactorOf(sampleSecrets())
  const values = sampleSecrets().map(({ value }) => Buffer.from(value))
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }),
      number,
      (a, b, n) => {
        const value = values[n % values.length] ?? Buffer.alloc(0)
        const given = redactor
          .session()
          .bytes(Buffer.concat([a, Buffer.from(' '), value, Buffer.from(' '), b]))
        expect(Buffer.from(given).includes(value)).toBe(false)
        expect(() => redactor.session().text(Buffer.from(a).toString('utf8'))).not.toThrow()
        expect(() => redactor.inspectInput(Buffer.from(b).toString('latin1'))).not.toThrow()
      },
    ),
    { ...fixed, numRuns: 300 },
  )
})

it('JSON of any shape keeps its shape where it holds nothing', () => {
  const redactor = redactorOf(sampleSecrets())
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const plain = JSON.parse(JSON.stringify(value)) as Json
      expect(redactor.session().json(plain)).toEqual(plain)
    }),
    { ...fixed, numRuns: 300 },
  )
})
