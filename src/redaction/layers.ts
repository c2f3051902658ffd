import { BrokerError } from '../core/errors.ts'
import { CleanTexts } from './clean-texts.ts'
import { CleanValues } from './clean-values.ts'
import { DeepSearch } from './deep-search.ts'
import { combined, type Finding } from './finding.ts'
import { FoldedText } from './folded-text.ts'
import type { Match, Matches } from './match.ts'
import { lastSegment, segmentStart } from './segment.ts'
import { type PlacedPiece, type Shown, telling } from './shown.ts'
import { Spans } from './spans.ts'
import type { Tables } from './tables.ts'
import { partsCompressed } from './too-deep.ts'
import { TooMuch } from './too-much.ts'

/** What may be open at the end of a text lies within this many units. */
const LONGEST_OPEN = 4_096

/**
 * All layers of the search: the direct forms; runs of values in folded text, which also finds what is spread out; and the same
 * again in whatever can be decoded, to a bounded depth.
 */
export class Layers {
  readonly #tables: Tables
  readonly #clean = new CleanTexts<readonly PlacedPiece[]>()
  readonly #withoutSpread = new CleanTexts<true>()
  /** JSON values in which nothing was found. */
  readonly cleanValues = new CleanValues(this.#clean)

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /**
   * Everything that is to be replaced. A part of a value takes the whole token that it stands in.
   *
   * @param before as in `Scanner.find`.
   * @param shown what went before in the same message; null where this is all of it.
   * @throws BrokerError `redaction_failed` where the text is made so that the search would take too long.
   */
  find(text: string, before?: number, shown: Shown | null = null): Matches {
    const direct = this.#tables.scanner.find(text, before)
    const words = this.#tables.words?.find(text) ?? []
    const findings = this.#deep(text, direct.matches)
    const runs = findings.filter(({ piece }) => piece === undefined)
    // What is removed anyway shows nothing.
    const gone = new Spans([...direct.matches, ...runs])
    const pieces = findings
      .flatMap(({ piece, start, end }) =>
        piece === undefined || gone.touch(start, end) ? [] : [{ ...piece, start, end }],
      )
      .sort((a, b) => a.start - b.start)
    for (const { start, end, name } of telling(pieces, shown)) {
      runs.push({ start, end, name, part: null })
    }
    if (runs.length === 0 && words.length === 0) return { ...direct, pieces }
    const matches = combined(text, [...direct.matches, ...words], runs, before)
    return { ...direct, matches, pieces }
  }

  /** What is found in a whole text, as by `find`; it is not searched again where nothing was found before. */
  inWhole(
    text: string,
    shown: Shown | null = null,
  ): { readonly matches: readonly Match[]; readonly pieces: readonly PlacedPiece[] } {
    // What other texts have shown may make a match of what is none in this one.
    const known = shown === null ? this.#clean.get(text) : undefined
    if (known !== undefined) return { matches: [], pieces: known }
    const { matches, pieces } = this.find(text, undefined, shown)
    if (shown === null && matches.length === 0) this.#clean.add(text, pieces)
    return { matches, pieces }
  }

  /** What may stand in no input: as `find`, but for values that are looked for as whole words only. */
  findStrict(text: string): readonly Match[] {
    if (this.#tables.words === null) return this.find(text).matches
    return new Layers({ ...this.#tables, words: null }).find(text).matches
  }

  /** Matches of direct forms alone. */
  findDirect(text: string): readonly Match[] {
    return this.#tables.scanner.find(text).matches
  }

  /** What is spread out over a text, and nothing else; none where it was looked at before and held none. */
  findSpread(text: string): readonly Match[] {
    if (this.#withoutSpread.get(text) !== undefined) return []
    const findings = DeepSearch.spread(this.#tables, text)
    if (findings.length > 0) return combined(text, [], findings)
    this.#withoutSpread.add(text, true)
    return []
  }

  /** The end of what a stream may let out at most. */
  pendingAtMost(text: string): number {
    return lastSegment(text)
  }

  /**
   * To be called where a stream lets out a part of a word that is too long to be held.
   *
   * @throws BrokerError `redaction_failed` where the word is compressed: neither part of it can be looked into.
   */
  checkParting(text: string, place: number): void {
    if (place < text.length && partsCompressed(text, place)) {
      throw new BrokerError(
        'redaction_failed',
        'a compressed text is too long to search in a stream',
      )
    }
  }

  /** As `Scanner.pendingFrom`; besides, nothing is settled of a segment that may go on. */
  pendingFrom(text: string, found: Matches): number {
    const { scanner, forms } = this.#tables
    let pending = Math.min(scanner.pendingFrom(text, found), lastSegment(text))
    const from = Math.max(0, text.length - LONGEST_OPEN)
    const folded = new FoldedText(text.slice(from))
    const open = forms.open(folded)
    if (open > 0) pending = Math.min(pending, from + folded.span(folded.length - open, 1).start)
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

  #deep(text: string, direct: readonly Match[]): Finding[] {
    try {
      return DeepSearch.findings(this.#tables, text, direct)
    } catch (thrown) {
      if (!(thrown instanceof TooMuch)) throw thrown
      throw new BrokerError('redaction_failed', 'a text that is encoded holds too much to search')
    }
  }
}
