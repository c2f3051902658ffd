import type { Json } from '../core/json.ts'
import type { CleanTexts } from './clean-texts.ts'
import type { Leaves } from './json-redaction.ts'
import type { PlacedPiece } from './shown.ts'

/** What is left to be known of a JSON value in which nothing was found: what it begins and ends with, and pieces of values in it. */
export interface CleanValue {
  readonly ends: Leaves
  readonly pieces: readonly PlacedPiece[]
}

/** A shorter value is searched as fast once more. */
const SHORTEST = 2_000
/** What stands further inside, in UTF-16 code units, is no part of what goes on outside: a run of a value has no gaps so wide. */
const END = 512

/**
 * JSON values in which nothing was found: what the broker has searched stands, unchanged, inside what the transport searches. They are known
 * by their identity, and frozen, so that they stay what they were; long strings by what they say.
 */
export class CleanValues {
  readonly #texts: CleanTexts<readonly PlacedPiece[]>
  readonly #values = new WeakMap<object, CleanValue>()

  /** @param texts those in which nothing was found either. */
  constructor(texts: CleanTexts<readonly PlacedPiece[]>) {
    this.#texts = texts
  }

  /** Undefined where a value is not known to be clean, or too short to care. */
  get(value: Json): CleanValue | undefined {
    if (typeof value === 'object') return value === null ? undefined : this.#values.get(value)
    if (typeof value !== 'string' || value.length < SHORTEST) return undefined
    const pieces = this.#texts.get(value)
    if (pieces === undefined) return undefined
    return {
      ends: { texts: [value.slice(0, END), value.slice(-END)], kinds: ['string', 'string'] },
      pieces,
    }
  }

  add(value: Json, leaves: Leaves, pieces: readonly PlacedPiece[]): void {
    if (typeof value !== 'object' || value === null) return
    const size = leaves.texts.reduce((sum, text) => sum + text.length, 0)
    if (size < SHORTEST) return
    freeze(value)
    this.#values.set(value, { ends: endsOf(leaves), pieces })
  }
}

function freeze(value: Json): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
}

/** The first leaves and the last ones; of long ones only their ends. */
function endsOf({ texts, kinds }: Leaves): Leaves {
  const count = texts.length
  let first = 0
  for (let size = 0; first < count && size < END; first++) size += texts[first]?.length ?? 0
  let last = count
  for (let size = 0; last > first && size < END; last--) size += texts[last - 1]?.length ?? 0
  return {
    texts: [
      ...texts.slice(0, first).map((text) => text.slice(0, END)),
      ...texts.slice(last).map((text) => text.slice(-END)),
    ],
    kinds: [...kinds.slice(0, first), ...kinds.slice(last)],
  }
}
