import type { ExactWords } from './exact-words.ts'
import type { FormIndex } from './form-index.ts'
import type { KnownUnits } from './known-units.ts'
import type { PieceIndex } from './pieces.ts'
import type { Scanner } from './scanner.ts'
import type { SparseIndex } from './sparse-index.ts'

/** What the layers search with: all of it is made anew when a value is registered. */
export interface Tables {
  readonly scanner: Scanner
  readonly forms: FormIndex
  readonly pieces: PieceIndex
  /** For parts that folding would leave too little of; null where there are none. */
  readonly sparse: SparseIndex | null
  /** Values that are looked for as whole words only; null where there are none. */
  readonly words: ExactWords | null
  readonly known: KnownUnits
}
