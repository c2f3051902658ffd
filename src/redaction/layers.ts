import { BrokerError } from '../core/errors.ts'
import { decoded, TooMuch } from './decoder.ts'
import { forEachEncodedRun } from './encoded-run.ts'
import type { ExactWords } from './exact-words.ts'
import { FoldedText } from './folded-text.ts'
import type { FormIndex } from './form-index.ts'
import type { MappedText } from './mapped-text.ts'
import { markersIn } from './marker.ts'
import type { Match, Matches } from './match.ts'
import type { RunIndex } from './run-index.ts'
import type { Scanner } from './scanner.ts'
import { lastSegment, segmentStart, withinSegments } from './segment.ts'
import { withUnits } from './text-units.ts'
import { tokenAt } from './token.ts'
import { escapesIn, unescaped } from './unescape.ts'

/** What is encoded more often than this, one encoding inside the other, is not looked into; escapes count apart. */
const DEEPEST_ENCODING = 3
/** Escapes of escapes (`%2541`, JSON in JSON in JSON) are decoded this often. */
const DEEPEST_ESCAPES = 6
/** All that is decoded of one text may be this many times its length, and `FREE_WORK` more. */
const MOST_WORK = 24
const FREE_WORK = 1_000_000

/** Escapes that are no further apart than this are decoded together, with as much text on either side. */
const ESCAPE_REACH = 96

/** One finding, before findings that touch become one match. */
interface Finding {
  readonly start: number
  readonly end: number
  readonly name: string
  readonly part: string | null
}

interface Work {
  left: number
}

/** What the layers search with: all of it is made anew when a value is registered. */
export interface Tables {
  readonly scanner: Scanner
  readonly forms: FormIndex
  /** For parts that folding would leave too little of; null where there are none. */
  readonly exact: RunIndex | null
  /** Values that are looked for as whole words only; null where there are none. */
  readonly words: ExactWords | null
}

/**
 * All layers of the search: the direct forms; runs of values in folded text, which also finds what is spread out; and the same
 * again in whatever can be decoded, to a bounded depth.
 */
export class Layers {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /**
   * Everything that is to be replaced. A part of a value takes the whole token that it stands in.
   *
   * @param before as in `Scanner.find`.
   * @throws BrokerError `redaction_failed` where the text is made so that the search would take too long.
   */
  find(text: string, before?: number): Matches {
    const direct = this.#tables.scanner.find(text, before)
    const findings: Finding[] = []
    const words = this.#tables.words?.find(text) ?? []
    const work = { left: text.length * MOST_WORK + FREE_WORK }
    try {
      this.#searchIndirect(text, findings, work, 0, 0, direct.matches)
    } catch (thrown) {
      if (!(thrown instanceof TooMuch)) throw thrown
      throw new BrokerError('redaction_failed', 'a text that is encoded holds too much to search')
    }
    if (findings.length === 0 && words.length === 0) return direct
    return { ...direct, matches: combined(text, [...direct.matches, ...words], findings, before) }
  }

  /** What may stand in no input: as `find`, but for values that are looked for as whole words only. */
  findStrict(text: string): readonly Match[] {
    if (this.#tables.words === null) return this.find(text).matches
    return new Layers({ ...this.#tables, words: null }).find(text).matches
  }

  /** What is spread out over a text, and nothing else. */
  findSpread(text: string): readonly Match[] {
    const findings: Finding[] = []
    this.#searchFolded(text, findings, [])
    return findings.length === 0 ? [] : combined(text, [], findings)
  }

  /** As `Scanner.pendingFrom`; besides, nothing is settled of a segment that may go on. */
  pendingFrom(text: string, found: Matches): number {
    const { scanner, forms } = this.#tables
    let pending = Math.min(scanner.pendingFrom(text, found), lastSegment(text))
    const from = Math.max(0, text.length - LONGEST_OPEN)
    const folded = new FoldedText(text.slice(from))
    const open = forms.open(folded)
    if (open > 0)
      pending = Math.min(pending, from + (folded.places(folded.length - open, 1)[0] ?? 0))
    // What goes out holds whole segments, whole matches and whole markers.
    for (let before = -1; before !== pending; ) {
      before = pending
      for (const { start, end } of found.markers)
        if (start < pending && pending < end) pending = start
      for (const { start, end } of found.matches)
        if (start < pending && pending < end) pending = start
      if (pending > 0 && pending < text.length) pending = segmentStart(text, pending)
    }
    return pending
  }

  /** Adds what is found in other ways than directly. */
  #searchIndirect(
    text: string,
    findings: Finding[],
    work: Work,
    depth: number,
    escapes: number,
    direct: readonly Match[],
  ): void {
    this.#searchFolded(text, findings, direct)
    withUnits(text, (units) => {
      this.#searchExact(text, units, findings)
      if (depth < DEEPEST_ENCODING) {
        this.#searchEncoded(text, units, findings, work, depth, escapes)
      }
    })
    if (escapes < DEEPEST_ESCAPES) {
      const places = escapesIn(text)
      for (let i = 0; i < places.length; ) {
        const start = Math.max(0, (places[i] ?? 0) - ESCAPE_REACH)
        let last = places[i] ?? 0
        for (i++; i < places.length && (places[i] ?? 0) - last <= ESCAPE_REACH; i++) {
          last = places[i] ?? 0
        }
        const end = Math.min(text.length, last + ESCAPE_REACH)
        for (const part of withinSegments(text, start, end)) {
          const inner = unescaped(text.slice(part.start, part.end))
          if (inner === null) continue
          this.#searchInner(inner, part.start, findings, work, depth, escapes + 1)
        }
      }
    }
  }

  #searchEncoded(
    text: string,
    units: Uint16Array,
    findings: Finding[],
    work: Work,
    depth: number,
    escapes: number,
  ): void {
    forEachEncodedRun(units, text.length, (run) => {
      for (const part of withinSegments(text, run.start, run.end)) {
        for (const inner of decoded(text, { ...part, kind: run.kind })) {
          this.#searchInner(inner, 0, findings, work, depth + 1, escapes)
        }
      }
    })
  }

  #searchInner(
    inner: MappedText,
    offset: number,
    findings: Finding[],
    work: Work,
    depth: number,
    escapes: number,
  ): void {
    work.left -= inner.text.length
    if (work.left < 0) throw new TooMuch('too much is encoded')
    const { matches } = this.#tables.scanner.find(inner.text)
    const found: Finding[] = [...matches]
    this.#searchIndirect(inner.text, found, work, depth, escapes, matches)
    for (const { start, end, name, part } of found) {
      const span = inner.span(start, end)
      findings.push({ start: offset + span.start, end: offset + span.end, name, part })
    }
  }

  #searchFolded(text: string, findings: Finding[], direct: readonly Match[]): void {
    if (this.#tables.forms.empty || text.length < 8) return
    const folded = new FoldedText(text)
    for (const { first, count, name, whole, key } of this.#tables.forms.find(folded)) {
      const places = folded.places(first, count)
      const start = places[0] ?? 0
      const end = (places[count - 1] ?? 0) + 1
      if (direct.some((match) => match.start <= start + 2 && end - 2 <= match.end)) continue
      findings.push({ start, end, name, part: whole ? null : key })
    }
  }

  #searchExact(text: string, units: Uint16Array, findings: Finding[]): void {
    if (this.#tables.exact === null) return
    for (const { start, end, name } of this.#tables.exact.findIn(text, units)) {
      findings.push({ start, end, name, part: `${name}:${text.slice(start, end)}` })
    }
  }
}

/** What may be open at the end of a text lies within this many units. */
const LONGEST_OPEN = 4_096

/** Matches and findings in one list: those that touch become one, named after the first whole value in it. */
function combined(
  text: string,
  direct: readonly Match[],
  findings: readonly Finding[],
  before = Number.POSITIVE_INFINITY,
): Match[] {
  const markers = markersIn(text)
  const all: Finding[] = [...direct]
  for (const finding of findings) {
    const { start, end, name, part } = finding
    if (markers.some((marker) => marker.start <= start && end <= marker.end)) continue
    if (direct.some((match) => match.start <= start && end <= match.end)) continue
    const token = tokenAt(text, start, end)
    all.push({ ...token, name, part })
  }
  all.sort((a, b) => a.start - b.start || b.end - a.end)
  const matches: { start: number; end: number; name: string; part: string | null }[] = []
  for (const one of all) {
    const last = matches.at(-1)
    if (last === undefined || one.start >= last.end) {
      if (one.start < before) matches.push({ ...one })
      continue
    }
    last.end = Math.max(last.end, one.end)
    if (last.part !== null && one.part === null) {
      last.name = one.name
      last.part = null
    }
  }
  return matches
}
