import { describe, expect, it } from 'vitest'
import { everyNth, wholeValueCases } from '../corpus/redaction/cases.ts'
import { fragmentsOf } from '../corpus/redaction/fragments.ts'
import { type SampleSecret, sampleSecret, sampleSecrets } from '../corpus/redaction/secret-kinds.ts'
import { TRANSFORMATIONS, transformation } from '../corpus/redaction/transformations.ts'
import { shortestLeak } from './leak-detector/needles.ts'
import { LeakDetector } from './leak-detector.ts'

const token = sampleSecret('github token')

describe('with redaction switched off', () => {
  it('finds every transformation of every kind of secret', () => {
    const missed = TRANSFORMATIONS.flatMap((one) =>
      sampleSecrets()
        .filter((secret) => shows(secret, one.encode(secret.value)) === null)
        .map(({ kind }) => `${one.name}: ${kind}`),
    )
    expect(missed).toEqual([])
  })

  it('finds a sample of all cases, pairs of transformations among them', () => {
    const missed: string[] = []
    for (const { secret, transformation, position, text } of everyNth(wholeValueCases(), 43, 5)) {
      if (shows(secret, text) === null) {
        missed.push(`${transformation.name}: ${secret.kind}, ${position.name}`)
      }
    }
    expect(missed).toEqual([])
  })
})

describe('a run', () => {
  it.each(['raw', 'base64', 'hex, lower case', 'reversed', 'rot13', 'separated, spaces'])(
    'is found from the length that counts, and not below: %s',
    (name) => {
      const { encode } = transformation(name)
      const least = shortestLeak(token.secretPart)
      expect(least).toBe(12)
      expect(shows(token, `a ${encode(token.secretPart.slice(9, 9 + least))} b`)).not.toBeNull()
      expect(shows(token, `a ${encode(token.secretPart.slice(9, 8 + least))} b`)).toBeNull()
    },
  )

  it('is a third of the secret part, at least 8 characters, at least 12 of hex', () => {
    expect(shortestLeak('x'.repeat(10))).toBe(8)
    expect(shortestLeak('x'.repeat(36))).toBe(12)
    expect(shortestLeak('ab12'.repeat(8))).toBe(12)
    expect(shortestLeak('ab12'.repeat(16))).toBe(22)
  })

  it('does not count what everyone knows', () => {
    const { value, secretPart } = sampleSecret('dsn')
    expect(shows(sampleSecret('dsn'), value.replace(secretPart, '[secret dsn]'))).toBeNull()
    const jwt = sampleSecret('jwt')
    expect(shows(jwt, jwt.value.slice(0, -jwt.secretPart.length))).toBeNull()
  })

  it('is found in each fragment that is planted', () => {
    for (const secret of sampleSecrets()) {
      for (const { text } of fragmentsOf(secret)) expect(shows(secret, text)).not.toBeNull()
    }
  })
})

it('finds nothing of values that are not there', () => {
  const decoys = sampleSecrets('decoys')
  const detector = new LeakDetector(decoys)
  for (const { text } of everyNth(wholeValueCases(), 1_009, 3)) {
    expect(detector.inspect(text)).toEqual([])
  }
  expect(detector.expectedByChance).toBeLessThan(0.01)
})

it('says what was undone', () => {
  const text = `x ${transformation('gzip, base64').encode(token.value)} y`
  expect(new LeakDetector([token]).inspect(text)).toMatchObject([
    { kind: 'run', shown: token.secretPart.toLowerCase(), how: ['base64'] },
  ])
})

it('throws rather than look at less than everything', () => {
  const detector = new LeakDetector([token], { characters: 1_000 })
  expect(() => detector.inspect('some text '.repeat(100))).toThrow(
    'there are more than 1000 characters to look at',
  )
})

/** Which secret it found, or null. */
function shows(secret: SampleSecret, text: string): string | null {
  return new LeakDetector([secret]).inspect(text)[0]?.secret.name ?? null
}
