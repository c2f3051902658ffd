import { Secret } from '../../src/core/secret.ts'
import { createRedactor } from '../../src/redaction/redactor.ts'
import { secretParts } from '../../src/redaction/secret-part.ts'
import { sampleSecrets } from '../corpus/redaction/secret-kinds.ts'
import { shortestLeak } from '../support/leak-detector/needles.ts'
import type { RealText } from './real-text.ts'

/** What was replaced in text that holds none of the values. */
export interface Mangling {
  readonly characters: number
  readonly charactersByKind: ReadonlyMap<string, number>
  /** Replacements of a whole value: by chance there are none. */
  readonly whole: number
  readonly partial: number
  /** How many partial ones are to be expected, were the text random: an estimate from above. */
  readonly expectedPartial: number
  readonly withheld: number
  /** Up to 20 places, as they were. */
  readonly examples: readonly string[]
}

/** So many secrets of real shapes, of which no two are the same. */
export function manySecrets(count: number): Secret[] {
  const secrets: Secret[] = []
  for (let seed = 0; secrets.length < count; seed++) {
    for (const { value, kind } of sampleSecrets(`mangling/${seed}`)) {
      // Words out of a list of 25 are in text by more than chance.
      if (kind === 'passphrase' || secrets.length === count) continue
      secrets.push(new Secret(`s${secrets.length}`, value))
    }
  }
  return secrets
}

/** What redaction makes of texts that hold none of the secrets. */
export function mangling(secrets: readonly Secret[], texts: Iterable<RealText>): Mangling {
  const redactor = createRedactor()
  for (const secret of secrets) redactor.register(secret)
  const windows = windowsOf(secrets)
  const charactersByKind = new Map<string, number>()
  const examples: string[] = []
  let [characters, whole, partial, withheld, expectedPartial] = [0, 0, 0, 0, 0]
  for (const { kind, text } of texts) {
    characters += text.length
    charactersByKind.set(kind, (charactersByKind.get(kind) ?? 0) + text.length)
    // Each place, as it is, reversed, rotated and in the two alphabets that nearly every text decodes in.
    expectedPartial += text.length * windows * READINGS
    const session = redactor.session()
    let output: string
    try {
      output = session.text(text)
    } catch {
      withheld++
      continue
    }
    if (output === text) continue
    whole += Object.values(session.counts.byName).reduce((sum, count) => sum + count, 0)
    partial += session.counts.partial
    if (examples.length < 20) examples.push(firstDifference(text, output))
  }
  return { characters, charactersByKind, whole, partial, expectedPartial, withheld, examples }
}

/** In how many ways a place can be read, roughly. */
const READINGS = 6

/** The chance that a place of random text in the value's own alphabet, without case, begins a part of some value. */
function windowsOf(secrets: readonly Secret[]): number {
  let chance = 0
  for (const secret of secrets) {
    for (const part of secretParts(secret.reveal())) {
      const least = shortestLeak(part)
      const letters = /^\d*$/.test(part) ? 10 : /^[0-9a-f-]*$/.test(part) ? 16 : 36
      chance += Math.max(0, part.length - least + 1) * letters ** -least
    }
  }
  return chance
}

function firstDifference(before: string, after: string): string {
  let at = 0
  while (at < before.length && before[at] === after[at]) at++
  return JSON.stringify(
    `${before.slice(Math.max(0, at - 20), at + 60)} -> ${after.slice(at, at + 40)}`,
  )
}
