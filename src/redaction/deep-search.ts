import { decoded } from './decoder.ts'
import { APART, type EncodedRun, forEachEncodedRun, SINGLE } from './encoded-run.ts'
import { escapesIn } from './escape-places.ts'
import { escapeRegions } from './escape-region.ts'
import type { Finding } from './finding.ts'
import { FoldedText } from './folded-text.ts'
import { withAttempts } from './inflate.ts'
import type { MappedText } from './mapped-text.ts'
import type { Match } from './match.ts'
import { PIECE } from './pieces.ts'
import { withinSegments } from './segment.ts'
import { Spans } from './spans.ts'
import { stringListTexts } from './string-list.ts'
import type { Tables } from './tables.ts'
import { withUnits } from './text-units.ts'
import { isEncodedAgain, isEscapedAgain } from './too-deep.ts'
import { TooMuch } from './too-much.ts'
import { turnedTexts } from './turned-text.ts'
import { unescaped } from './unescape.ts'

/** What is encoded more often than this, one encoding inside the other, is not looked into; escapes count apart. */
const DEEPEST_ENCODING = 4
/** Escapes that are reversed or in ROT13 with the rest are found by a guess, which counts as much. */
const TURN = 2
/** Escapes of escapes (`%2541`, JSON in JSON in JSON) are decoded this often. */
const DEEPEST_ESCAPES = 6
/** All that is decoded of one text may be this many times its length, and `FREE_WORK` more. */
const MOST_WORK = 24
const FREE_WORK = 1_000_000
/** A text that is shorter holds no run of a value in any encoding. */
const SHORTEST_ENCODED = 11
/** Fewer folded units are no run. */
const SHORTEST_FOLDED = 8

/** How deep inside the answer a text stands. */
interface Level {
  readonly depth: number
  /** How much of the depth is from decoding, and not from a guess. */
  readonly decodings: number
  readonly escapes: number
}

const TOP: Level = { depth: 0, decodings: 0, escapes: 0 }

interface Found {
  readonly level: Level
  /** Empty while it is searched: what it holds is found there, and not once more in itself, turned around and back. */
  findings: readonly Finding[]
}

/** The search of one text in other ways than directly: folded, and in whatever can be decoded of it. */
export class DeepSearch {
  readonly #tables: Tables
  #work: number
  /** By text: what was found in what was decoded. Different ways to read a run often give the same. */
  readonly #found = new Map<string, Found>()

  private constructor(tables: Tables, length: number) {
    this.#tables = tables
    this.#work = length * MOST_WORK + FREE_WORK
  }

  /**
   * All findings but the direct matches.
   *
   * @throws TooMuch past the bounds, BrokerError `redaction_failed` where comparisons take too long.
   */
  static findings(tables: Tables, text: string, direct: readonly Match[]): Finding[] {
    if (text.length < PIECE) return []
    const search = new DeepSearch(tables, text.length)
    const findings: Finding[] = []
    withAttempts(text.length, () => search.#search(text, findings, TOP, direct))
    return findings
  }

  /** What is spread out over a text, and nothing else. */
  static spread(tables: Tables, text: string): Finding[] {
    const search = new DeepSearch(tables, text.length)
    const findings: Finding[] = []
    search.#searchFolded(text, findings, [], false)
    withUnits(text, (units) => search.#searchSparse(text, units, findings, false))
    return findings
  }

  #search(text: string, findings: Finding[], level: Level, direct: readonly Match[]): void {
    const top = level.depth === 0
    this.#searchFolded(text, findings, direct, top)
    withUnits(text, (units) => {
      this.#searchSparse(text, units, findings, top)
      if (level.depth < DEEPEST_ENCODING && text.length >= SHORTEST_ENCODED) {
        this.#searchEncoded(text, units, findings, level)
      }
    })
    const deep = level.depth >= DEEPEST_ENCODING && level.decodings > DEEPEST_ENCODING - TURN - 1
    if (deep && isEncodedAgain(text)) {
      throw new TooMuch('a text is encoded more often than is ever looked into')
    }
    if (level.escapes < DEEPEST_ESCAPES) this.#searchEscaped(text, findings, level)
    else if (isEscapedAgain(text)) {
      throw new TooMuch('a text is escaped more often than is ever looked into')
    }
  }

  #searchEscaped(text: string, findings: Finding[], level: Level): void {
    const mayTurn = level.depth + TURN <= DEEPEST_ENCODING
    const { plain, ...turned } = escapesIn(text, mayTurn)
    if (mayTurn) {
      const inside = { ...level, depth: level.depth + TURN }
      for (const inner of turnedTexts(text, turned)) this.#searchInner(inner, 0, findings, inside)
    }
    const inside = { ...level, escapes: level.escapes + 1 }
    let next = 0
    for (const region of escapeRegions(text, plain)) {
      for (const { start, end } of withinSegments(text, region.start, region.end)) {
        const first = next
        while ((plain[next] ?? text.length) < end) next++
        if (next === first) continue
        for (const inner of unescaped(text.slice(start, end))) {
          this.#searchInner(inner, start, findings, inside)
        }
      }
    }
  }

  #searchEncoded(text: string, units: Uint16Array, findings: Finding[], level: Level): void {
    const { depth, decodings, escapes } = level
    const together = { ...level, depth: depth + 1 }
    for (const inner of stringListTexts(text)) this.#searchInner(inner, 0, findings, together)
    const search = (run: EncodedRun): void => {
      // Characters that stand apart are only put together.
      const more = run.kind === APART || run.kind === SINGLE ? 0 : 1
      for (const inner of decoded(text, units, run, this.#tables.known)) {
        const inside = { depth: depth + 1, decodings: decodings + more, escapes }
        this.#searchInner(inner, 0, findings, inside)
      }
    }
    forEachEncodedRun(units, text.length, (run) => {
      if (!run.spaced) search(run)
      else for (const part of withinSegments(text, run.start, run.end)) search({ ...run, ...part })
    })
  }

  #searchInner(inner: MappedText, offset: number, findings: Finding[], level: Level): void {
    let found = this.#found.get(inner.text)
    const { depth, escapes } = level
    if (found === undefined || found.level.depth > depth || found.level.escapes > escapes) {
      this.#work -= inner.text.length
      if (this.#work < 0) throw new TooMuch('too much is encoded')
      found = { level, findings: [] }
      this.#found.set(inner.text, found)
      const { matches } = this.#tables.scanner.find(inner.text)
      const all: Finding[] = [...matches]
      this.#search(inner.text, all, level, matches)
      found.findings = all
    }
    for (const finding of found.findings) {
      const span = inner.span(finding.start, finding.end)
      findings.push({ ...finding, start: offset + span.start, end: offset + span.end })
    }
  }

  #searchFolded(
    text: string,
    findings: Finding[],
    direct: readonly Match[],
    withPieces: boolean,
  ): void {
    const { forms, pieces } = this.#tables
    if (forms.empty || text.length < SHORTEST_FOLDED) return
    const known = new Spans(direct)
    const folded = new FoldedText(text)
    for (const { first, count, name, whole, key } of forms.find(folded)) {
      const { start, end } = folded.span(first, count)
      // A direct match holds it, but for a character beside it that is shared.
      if (known.cover(start + 2, end - 2)) continue
      findings.push({ start, end, name, part: whole ? null : key })
    }
    if (!withPieces) return
    const rest = direct.length === 0 ? folded : new FoldedText(known.blanked(text))
    for (const piece of pieces.find(rest)) {
      const span = rest.span(piece.first, piece.length)
      findings.push({ ...span, name: piece.name, part: null, piece })
    }
  }

  #searchSparse(text: string, units: Uint16Array, findings: Finding[], withPieces: boolean): void {
    if (this.#tables.sparse === null) return
    const { runs, pieces } = this.#tables.sparse.find(units, text.length)
    for (const { first, count, name, whole, key } of runs) {
      findings.push({ start: first, end: first + count, name, part: whole ? null : key })
    }
    if (!withPieces) return
    for (const piece of pieces) {
      const { first, length, name } = piece
      findings.push({ start: first, end: first + length, name, part: null, piece })
    }
  }
}
