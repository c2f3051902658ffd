import { exponent } from '../../bench/figures.ts'
import type { Secret } from '../../src/core/secret.ts'
import { Registry } from '../../src/redaction/registry.ts'
import { manySecrets } from './mangling.ts'

/** Makes text of about a length that costs the search as much as can be, knowing the values. */
export const ADVERSARIES: Readonly<
  Record<string, (length: number, values: readonly string[]) => string>
> = {
  'near misses': (length, values) => {
    const nearly = values.map((value) => `${value.slice(0, 7)}~${value.slice(8, 14)}`).join(' ')
    return repeated(nearly, length)
  },
  'one character': (length) => 'a'.repeat(length),
  'all hex': (length) => repeated('deadbeef0123456789', length),
  'percent signs': (length) => '%'.repeat(length),
  'percent of percent': (length) => repeated('%2525252541', length),
  backslashes: (length) => '\\'.repeat(length),
  'unicode escapes': (length) => repeated('\\u0061\\u0062', length),
  entities: (length) => repeated('&#x61;&amp;', length),
  'open brackets': (length) => '['.repeat(length),
  markers: (length) => repeated('[secret x] [part of a secret] [secret ', length),
  'numbers and commas': (length) => repeated('97, 98, 99, ', length),
  separators: (length) => repeated('a - ', length),
  'base64 of base64': (length) => {
    let text = repeated('some words of prose ', length * 0.5)
    while (text.length < length) text = Buffer.from(text).toString('base64')
    return text.slice(0, length)
  },
  'short base64 words': (length) => repeated('QUJDREVGR0g= ', length),
  'suffixes of values': (length, values) =>
    repeated(values.map((value) => value.slice(1)).join(''), length),
  values: (length, values) => repeated(`${values.join(' ')} `, length),
}

/** Milliseconds that the search of a text takes: the least of some runs, the first of which makes the tables. */
function timeOf(secrets: readonly Secret[], text: string, runs = 3): number {
  const registry = new Registry({ steps: 0 })
  for (const secret of secrets) registry.register(secret)
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run <= runs; run++) {
    const started = performance.now()
    try {
      // Not `text()` of a redactor: what was once found clean is not searched again.
      registry.layers().find(text)
    } catch {
      // Withheld is an answer too; what it took counts.
    }
    if (run > 0) least = Math.min(least, performance.now() - started)
  }
  return least
}

/** Of time against size, and against the number of secrets, for one adversary. */
export function exponentsOf(
  name: string,
  options: { sizes: readonly number[]; counts: readonly number[]; runs?: number },
): { size: number; secrets: number; slowest: number } {
  const make = ADVERSARIES[name]
  if (make === undefined) throw new RangeError(`there is no adversary called ${name}`)
  const least = options.counts[0] ?? 1
  const some = manySecrets(least)
  const valuesOf = (secrets: readonly Secret[]) => secrets.map((secret) => secret.reveal())
  const bySize = options.sizes.map((size) => {
    const text = make(size, valuesOf(some))
    return [text.length, timeOf(some, text, options.runs)] as const
  })
  const size = options.sizes[0] ?? 0
  const byCount = options.counts.map((count) => {
    const secrets = manySecrets(count)
    return [count, timeOf(secrets, make(size, valuesOf(secrets)), options.runs)] as const
  })
  return {
    size: exponent(bySize),
    secrets: exponent(byCount),
    slowest: Math.max(...bySize.map(([length, ms]) => (ms * 1e6) / length)),
  }
}

function repeated(text: string, length: number): string {
  const whole = text.repeat(Math.ceil(length / text.length)).slice(0, Math.ceil(length))
  // Made anew, so that it is one flat string.
  return Buffer.from(whole).toString('utf8')
}
