/** What is wrong with a trail, in a word. */
export type TrailProblemKind =
  | 'damaged' // a line that is no record
  | 'edited' // a record whose content does not give its hash, or is not written as keyhand writes it
  | 'version' // a record of a format that this keyhand does not know
  | 'sequence' // records are missing, doubled, inserted or in another order
  | 'chain' // a record that does not follow the one before it
  | 'replaced' // another record stands where a head names one
  | 'cut' // the file ends before a record that a head names
  | 'missing_file'
  | 'unreadable'
  | 'torn' // warning: a last line without its end, as a crash leaves it
  | 'empty' // warning: a file without records, as a crash leaves it
  | 'unknown_file' // warning: no head knows the file
  | 'no_heads' // warning: state.db was not there to compare with

export interface TrailProblem {
  /** A warning is what a crash leaves behind, too: it was never acknowledged, so nothing was performed on it. */
  readonly severity: 'problem' | 'warning'
  readonly kind: TrailProblemKind
  readonly file: string
  /** From 1; null where it concerns the whole file. */
  readonly line: number | null
  /** What is wrong and what it means. */
  readonly message: string
}
