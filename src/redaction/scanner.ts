import { AhoCorasick } from './aho-corasick.ts'
import { markerOf } from './marker.ts'
import { isBase64Unit, type Matches, resolve } from './match.ts'
import { type Meter, type Occurrences, type Pattern, PatternPool } from './pattern.ts'
import { PrefixIndex } from './prefix-index.ts'
import { SHORT_LENGTH, ShortPatterns } from './short-patterns.ts'
import { WuManber } from './wu-manber.ts'

/** Patterns of very different lengths are searched apart: the shortest of a set says how far a search may jump. */
const LENGTH_CLASSES = [
  [SHORT_LENGTH + 1, 7],
  [8, 15],
  [16, Number.POSITIVE_INFINITY],
] as const

/** Finds every occurrence of many patterns, in time linear in the text. */
export class Scanner {
  readonly #pool: PatternPool
  readonly #short: ShortPatterns | null
  readonly #classes: readonly WuManber[]
  readonly #shortest: number
  readonly #meter: Meter
  #fallback: AhoCorasick | null = null
  #prefixes: PrefixIndex | null = null

  private constructor(patterns: readonly Pattern[], meter: Meter) {
    this.#meter = meter
    this.#pool = new PatternPool(patterns)
    const { lengths } = this.#pool
    const within = (least: number, most: number): number[] =>
      [...lengths.keys()].filter((id) => (lengths[id] ?? 0) >= least && (lengths[id] ?? 0) <= most)
    const short = within(1, SHORT_LENGTH)
    this.#short = short.length === 0 ? null : new ShortPatterns(this.#pool, short)
    this.#classes = LENGTH_CLASSES.map(([least, most]) => within(least, most))
      .filter((ids) => ids.length > 0)
      .map((ids) => new WuManber(this.#pool, ids))
    this.#shortest = lengths.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  }

  /**
   * @param names of secrets: their markers in a text that was redacted before are left alone. Only where a value could be
   * found inside one (a value `secret`) do they cost anything.
   */
  static of(patterns: readonly Pattern[], names: Iterable<string>, meter: Meter): Scanner {
    const scanner = new Scanner(patterns, meter)
    const markers = [...names].map(markerOf)
    if (scanner.find(markers.join('\n')).matches.length === 0) return scanner
    const taken = new Set(markers)
    return new Scanner(
      [
        ...patterns.filter(({ text }) => !taken.has(text)),
        ...markers.map((text) => ({ text, name: null, edges: false })),
      ],
      meter,
    )
  }

  /** @param before matches that start there or later, and what they would add to earlier ones, are left out. */
  find(text: string, before?: number): Matches {
    if (text.length < this.#shortest) return resolve(text, [], this.#pool)
    const found: Occurrences = []
    this.#short?.scan(text, found, this.#meter)
    for (const scanner of this.#classes) {
      if (!scanner.scan(text, found, this.#meter)) return this.#findSlowly(text, before)
    }
    return resolve(text, found, this.#pool, before)
  }

  /**
   * Where the part of a text begins that more text could make into a match, or widen one; its length where there is none.
   * INVARIANT: what is before it is as `find` says, whatever follows.
   */
  pendingFrom(text: string, { markers, openFrom }: Matches): number {
    this.#prefixes ??= new PrefixIndex(this.#pool)
    let pending = Math.min(openFrom, this.#prefixes.firstPrefix(text, this.#meter))
    if (this.#pool.edged && pending > 0 && isBase64Unit(text.charCodeAt(pending - 1))) pending--
    for (const { start, end } of markers) if (start < pending && pending < end) pending = start
    return pending
  }

  #findSlowly(text: string, before?: number): Matches {
    this.#fallback ??= new AhoCorasick(this.#pool)
    const found: Occurrences = []
    this.#fallback.scan(text, found, this.#meter)
    return resolve(text, found, this.#pool, before)
  }
}
