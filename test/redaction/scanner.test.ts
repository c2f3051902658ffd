import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AhoCorasick } from '../../src/redaction/aho-corasick.ts'
import { markerOf } from '../../src/redaction/marker.ts'
import type { Matches } from '../../src/redaction/match.ts'
import { resolve } from '../../src/redaction/match.ts'
import { type Pattern, PatternPool } from '../../src/redaction/pattern.ts'
import { RedactionStream } from '../../src/redaction/redaction-stream.ts'
import { Scanner } from '../../src/redaction/scanner.ts'
import { naiveRedact } from './naive.ts'

const RUNS = 1_500

/** Few characters, so that patterns overlap, nest and nearly match. */
const unit = fc.constantFrom('a', 'b', 'c', '=', '.', '\u{d83d}', '\u{de00}')
const word = (max: number) =>
  fc.array(unit, { minLength: 1, maxLength: max }).map((units) => units.join(''))

/** Values that stand in a marker, or reach over its end. */
const LIKE_MARKERS = ['k', 'k]', 'k]a', 'et k', 'secret', '[secret', ' k]b', ']', 'c', 'ret l]']

const patterns = fc
  .uniqueArray(
    fc.record({
      text: fc.oneof(word(3), word(9), word(24), fc.constantFrom(...LIKE_MARKERS)),
      edges: fc.boolean(),
      name: fc.constantFrom('k', 'l', 'm'),
    }),
    { selector: ({ text }) => text, minLength: 1, maxLength: 12 },
  )
  .map((list): Pattern[] =>
    list.map((pattern) => ({ ...pattern, edges: pattern.edges && pattern.text.length > 3 })),
  )

/** A text with pieces of the patterns in it. */
function textWith(list: readonly Pattern[]) {
  const planted = fc
    .constantFrom(...list)
    .chain(({ text }) =>
      fc
        .tuple(fc.nat(text.length), fc.nat(text.length))
        .map(([a, b]) => (a === b ? text : text.slice(Math.min(a, b), Math.max(a, b)))),
    )
  const marker = fc.constantFrom('[secret k]', '[secret l]', '[secret ', 'k]')
  return fc.array(fc.oneof(word(4), planted, marker), { maxLength: 24 }).map((p) => p.join(''))
}

const cases = patterns.chain((list) => fc.tuple(fc.constant(list), textWith(list)))

const MARKED: readonly Pattern[] = ['k', 'l', 'm'].map((name) => ({
  text: markerOf(name),
  name: null,
  edges: false,
}))

function scannerOf(list: readonly Pattern[]): Scanner {
  return Scanner.of(list, ['k', 'l', 'm'], { steps: 0 })
}

function redact(scanner: Scanner, text: string): string {
  const stream = streamOf(scanner)
  return stream.push(text) + stream.end()
}

function streamOf(scanner: Scanner): RedactionStream {
  const finder = {
    find: (text: string, before?: number) => scanner.find(text, before),
    pendingFrom: (text: string, found: Matches) => scanner.pendingFrom(text, found),
    pendingAtMost: (text: string) => text.length,
    checkParting: () => undefined,
  }
  return new RedactionStream(
    () => finder,
    () => undefined,
  )
}

describe('one pass over many patterns', () => {
  test('finds what the naive search finds', () => {
    fc.assert(
      fc.property(cases, ([list, text]) => {
        const { matches } = scannerOf(list).find(text)
        let out = ''
        let at = 0
        for (const match of matches) {
          out += text.slice(at, match.start) + markerOf(match.name)
          at = match.end
        }
        expect(out + text.slice(at)).toBe(naiveRedact(text, [...list, ...MARKED]))
      }),
      { numRuns: RUNS },
    )
  })

  test('finds the same by the linear search that it falls back to', () => {
    fc.assert(
      fc.property(cases, ([list, text]) => {
        const pool = new PatternPool([...list, ...MARKED])
        const found: number[] = []
        new AhoCorasick(pool).scan(text, found, { steps: 0 })
        expect(resolve(text, found, pool).matches).toEqual(scannerOf(list).find(text).matches)
      }),
      { numRuns: RUNS },
    )
  })
})

describe('a stream', () => {
  test('gives the same as the whole text, for any pieces', () => {
    const pieces = cases.chain(([list, text]) =>
      fc.tuple(
        fc.constant(list),
        fc.constant(text),
        fc.array(fc.nat(text.length), { maxLength: 8 }),
      ),
    )
    fc.assert(
      fc.property(pieces, ([list, text, cuts]) => {
        const stream = streamOf(scannerOf(list))
        const places = [0, ...cuts.sort((a, b) => a - b), text.length]
        let out = ''
        for (const [i, place] of places.entries()) {
          out += stream.push(text.slice(places[i - 1] ?? 0, place))
        }
        expect(out + stream.end()).toBe(naiveRedact(text, [...list, ...MARKED]))
      }),
      { numRuns: RUNS },
    )
  })

  test('gives the same unit by unit, and never ends a piece inside a surrogate pair', () => {
    fc.assert(
      fc.property(cases, ([list, text]) => {
        const stream = streamOf(scannerOf(list))
        let out = ''
        for (const one of text.split('')) {
          const piece = stream.push(one)
          expect(/[\ud800-\udbff]$/.test(out) && /^[\udc00-\udfff]/.test(piece)).toBe(false)
          out += piece
        }
        expect(out + stream.end()).toBe(naiveRedact(text, [...list, ...MARKED]))
      }),
      { numRuns: RUNS },
    )
  })

  test('gives the same for every two pieces of a text', () => {
    const list = [
      { text: 'abcabc', name: 'k', edges: true },
      { text: 'cab', name: 'l', edges: false },
      { text: 'secret', name: 'm', edges: false },
    ]
    const text = 'x abcabcabc== [secret k] cabcab abcab [secret m]secret'
    const scanner = scannerOf(list)
    for (let cut = 0; cut <= text.length; cut++) {
      const stream = streamOf(scanner)
      const out = stream.push(text.slice(0, cut)) + stream.push(text.slice(cut)) + stream.end()
      expect(out).toBe(redact(scanner, text))
    }
  })

  test('lets out at once what cannot be part of a match', () => {
    const stream = streamOf(scannerOf([{ text: 'hunter2hunter2', name: 'k', edges: false }]))
    expect(stream.push('line one\n')).toBe('line one\n')
    expect(stream.push('line hunter2hun')).toBe('line ')
    expect(stream.push('t!')).toBe('hunter2hunt!')
    expect(stream.push('hunter2hunter2')).toBe('[secret k]')
  })

  test('lets out the half of a surrogate pair before anything but the other half', () => {
    const stream = streamOf(scannerOf([{ text: 'hunter2hunter2', name: 'k', edges: false }]))
    expect(stream.push('a\u{d83d}')).toBe('a')
    expect(stream.push('hunter2')).toBe('\u{d83d}')
    expect(stream.push('x\u{d83d}')).toBe('hunter2x')
    expect(stream.push('\u{de00}')).toBe('\u{1f600}')
  })

  test('keeps back no more than the longest pattern with its edges, or a marker', () => {
    fc.assert(
      fc.property(cases, ([list, text]) => {
        const stream = streamOf(scannerOf(list))
        const longest = Math.max('[secret k]'.length, ...list.map((one) => one.text.length))
        for (const one of text.split('')) {
          stream.push(one)
          expect(stream.held).toBeLessThanOrEqual(longest + 4)
        }
      }),
      { numRuns: RUNS },
    )
  })
})

describe('work', () => {
  const shared = 'a'.repeat(36)
  const hostile: Pattern[] = Array.from({ length: 900 }, (_, i) => ({
    text: `${shared}${i.toString().padStart(4, 'x')}`,
    name: 'k',
    edges: false,
  }))

  test('grows no faster than the text, where 900 patterns share a prefix that the text repeats', () => {
    const steps = [20_000, 40_000, 80_000].map((size) => {
      const meter = { steps: 0 }
      expect(Scanner.of(hostile, [], meter).find('a'.repeat(size)).matches).toEqual([])
      return meter.steps
    })
    expect(steps[1]).toBeLessThan(2.2 * (steps[0] ?? 0))
    expect(steps[2]).toBeLessThan(2.2 * (steps[1] ?? 0))
    expect(steps[2]).toBeLessThan(80_000 * 10)
  })

  test('grows no faster than the text, where one pattern nearly matches everywhere', () => {
    const meter = { steps: 0 }
    const pattern = { text: `${'a'.repeat(200)}b`, name: 'k', edges: false }
    Scanner.of([pattern], [], meter).find('a'.repeat(100_000))
    expect(meter.steps).toBeLessThan(100_000 * 10)
  })

  test('is a small part of a step per character on ordinary text', () => {
    const meter = { steps: 0 }
    const scanner = Scanner.of(hostile, [], meter)
    scanner.find('the quick brown fox jumps over the lazy dog, again and again. '.repeat(2_000))
    expect(meter.steps).toBeLessThan(62 * 2_000 * 1.1)
  })

  test('of a stream is bounded for each piece, where every piece may go on', () => {
    const meter = { steps: 0 }
    const scanner = Scanner.of(hostile, [], meter)
    const stream = streamOf(scanner)
    for (let i = 0; i < 3_000; i++) stream.push('a')
    expect(meter.steps).toBeLessThan(3_000 * 41 * 100)
  })
})
