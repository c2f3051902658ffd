import { Buffer } from 'node:buffer'
import type { Secret } from '../../src/core/secret.ts'
import { Registry } from '../../src/redaction/registry.ts'
import { median, msOf } from '../figures.ts'
import { type Copying, loopSpeed, type Ripgrep, ripgrep } from './baselines.ts'
import { flat, INPUTS, type InputName, planted, secretsOf } from './inputs.ts'

/** So much is searched at least between two looks at the clock. */
const LEAST_TIMED = 100_000
/** ripgrep is started in so many rounds at most: with 1,000 secrets its start takes longer than all else. */
const MOST_STARTS = 3

/** One input with one number of secrets, at one size; each figure is a median. */
export interface Throughput {
  readonly input: InputName
  readonly secrets: number
  /** Bytes of UTF-8. */
  readonly bytes: number
  /** Milliseconds of the direct scan alone, and of all layers; null where the text is withheld. */
  readonly scan: number
  readonly all: number | null
  /** MB/s of the baselines. */
  readonly copy: number
  readonly loop: number
  /** Milliseconds, with its start and without; null where there is no ripgrep. */
  readonly rg: { readonly whole: number; readonly net: number } | null
}

export interface ThroughputEffort {
  readonly rounds: number
  readonly sizes: readonly number[]
  readonly counts: readonly number[]
}

/** Everything with everything; what is compared is run in turn, so that what disturbs the machine disturbs all alike. */
export function throughput(
  { rounds, sizes, counts }: ThroughputEffort,
  { copy, folder }: { readonly copy: Copying; readonly folder: string },
): Throughput[] {
  const found: Throughput[] = []
  for (const input of ['text', 'JSON', 'base64'] as const) {
    const whole = INPUTS[input](Math.max(...sizes))
    for (const count of counts) {
      const secrets = secretsOf(count)
      const text = planted(whole, secrets)
      const texts = sizes.map((size) => flat(text.slice(0, size)))
      const rg = ripgrep(folder, secrets)
      const series = texts.map((one) => new Series(one, secrets, rg))
      const copies: number[] = []
      // The first round is for the compiler and the tables.
      for (let round = 0; round <= rounds; round++) {
        const ms = copy.run()
        for (const one of series) one.measure(round > 0, round > 0 && round <= MOST_STARTS)
        if (round > 0) copies.push(ms)
      }
      const speed = copy.size / median(copies) / 1_000
      found.push(...series.map((one) => ({ input, ...one.result(), copy: speed })))
    }
  }
  return found
}

class Series {
  readonly #text: string
  readonly #secrets: readonly Secret[]
  readonly #rg: Ripgrep | null
  readonly #works: Readonly<Record<'scan' | 'all', () => unknown>>
  readonly #runs: number
  readonly #times = { scan: [], all: [], loop: [], whole: [], net: [] } as Record<
    'scan' | 'all' | 'loop' | 'whole' | 'net',
    number[]
  >
  #withheld = false

  constructor(text: string, secrets: readonly Secret[], rg: Ripgrep | null) {
    this.#text = text
    this.#secrets = secrets
    this.#rg = rg
    this.#runs = Math.max(1, Math.floor(LEAST_TIMED / text.length))
    const registry = new Registry({ steps: 0 })
    for (const secret of secrets) registry.register(secret)
    this.#works = {
      scan: () => registry.scanner().find(text),
      // Not `text()`: what was once found clean is not searched again.
      all: () => registry.layers().find(text),
    }
  }

  /** @param counts false for what is only to warm up. */
  measure(counts: boolean, withRipgrep: boolean): void {
    const times = {
      scan: msOf(this.#works.scan, this.#runs),
      all: this.#allLayers(),
      loop: loopSpeed(this.#text, this.#secrets),
      ...(withRipgrep ? this.#rg?.run(this.#text) : undefined),
    }
    if (!counts) return
    for (const name of ['scan', 'all', 'loop', 'whole', 'net'] as const) {
      const time = times[name]
      if (time !== undefined) this.#times[name].push(time)
    }
  }

  result(): Omit<Throughput, 'input' | 'copy'> {
    const { scan, all, loop, whole, net } = this.#times
    return {
      secrets: this.#secrets.length,
      bytes: Buffer.byteLength(this.#text),
      scan: median(scan),
      all: this.#withheld ? null : median(all),
      loop: median(loop),
      rg: whole.length === 0 ? null : { whole: median(whole), net: median(net) },
    }
  }

  #allLayers(): number {
    try {
      return msOf(this.#works.all, this.#runs)
    } catch {
      // Withheld: too much is encoded in it.
      this.#withheld = true
      return Number.NaN
    }
  }
}
