/** One text to look for. */
export interface Pattern {
  readonly text: string
  /** The secret that it shows; null for a marker of ours, which is never searched for anything inside it. */
  readonly name: string | null
  /**
   * True for the inner characters of a base64 form: the characters beside them hold bits of the value too, so a match
   * takes in one base64 character on either side, and padding.
   */
  readonly edges: boolean
}

/**
 * Occurrences as pairs of numbers: where it starts, which pattern. A scanner gives, for each start (or for each end), the
 * longest pattern without edges and the longest with them: together they cover every occurrence.
 */
export type Occurrences = number[]

/** Counts the work of a scan, so that tests can show that it grows no faster than its input. */
export interface Meter {
  steps: number
}

/** The texts of many patterns in one array, for comparing without allocation. */
export class PatternPool {
  readonly patterns: readonly Pattern[]
  readonly offsets: Int32Array
  readonly lengths: Int32Array
  readonly units: Uint16Array
  /** True where any pattern has edges. */
  readonly edged: boolean

  constructor(patterns: readonly Pattern[]) {
    this.patterns = patterns
    this.edged = patterns.some(({ edges }) => edges)
    this.offsets = new Int32Array(patterns.length)
    this.lengths = new Int32Array(patterns.length)
    let total = 0
    for (const [id, { text }] of patterns.entries()) {
      this.offsets[id] = total
      this.lengths[id] = text.length
      total += text.length
    }
    this.units = new Uint16Array(total)
    let at = 0
    for (const { text } of patterns) {
      for (let i = 0; i < text.length; i++) this.units[at++] = text.charCodeAt(i)
    }
  }
}
