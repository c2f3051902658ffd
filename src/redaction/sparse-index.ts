import type { FormHit, SecretPart } from './form-index.ts'
import { GramTable, MIX, SearchBudget } from './gram-table.ts'
import type { Meter } from './pattern.ts'
import { PIECE, type Piece, windowOf } from './pieces.ts'
import { shortestRun } from './spread-forms.ts'
import { TURNS } from './turns.ts'

/** Characters that are looked at together. */
const GRAM = 4

interface Form {
  /** Squeezed. */
  readonly units: Uint16Array
  /** Where each unit stands in the part. */
  readonly offsets: Int32Array
  /** Of the part, and how many characters of it in a row count. */
  readonly size: number
  readonly least: number
  readonly name: string
  /** Of the part as it is, by which its pieces are known; null for other forms. */
  readonly key: string | null
}

/** What was found in one text. */
interface SparseHits {
  readonly runs: FormHit[]
  readonly pieces: Piece[]
}

/**
 * Finds runs of secret parts that have so many signs among their letters (a password) that folding would leave too little of
 * them: without case, also reversed and in ROT13, with white space and the usual separators between characters.
 */
export class SparseIndex {
  readonly #meter: Meter
  readonly #forms: readonly Form[]
  readonly #grams: GramTable

  constructor(parts: readonly SecretPart[], meter: Meter) {
    this.#meter = meter
    this.#forms = parts.flatMap(formsOf)
    this.#grams = new GramTable(this.#forms.map(({ units }) => hashesOf(units)))
  }

  /**
   * Every run in a text of `length` units, each as long as it goes. Places are those of the text, not of a folded one.
   *
   * @throws BrokerError `redaction_failed` where text and values are made so that it would take too long.
   */
  find(text: Uint16Array, length: number): SparseHits {
    const hits: SparseHits = { runs: [], pieces: [] }
    const { units, places, count } = squeezed(text, length)
    const grams = this.#grams
    const budget = new SearchBudget(length)
    let key = 0
    for (let end = 0; end < count; end++) {
      key = nextKey(key, units[end] ?? 0)
      if (end < GRAM - 1) continue
      let gram = grams.first(Math.imul(key, MIX))
      for (; gram >= 0; gram = grams.next(gram)) {
        budget.spend(this.#compare(units, places, count, end - GRAM + 1, gram, hits))
      }
    }
    this.#meter.steps += budget.steps + length
    return hits
  }

  #compare(
    text: Uint16Array,
    places: Int32Array,
    count: number,
    at: number,
    gram: number,
    hits: SparseHits,
  ): number {
    const index = this.#grams.ownerOf(gram)
    const form = this.#forms[index]
    if (form === undefined) return 1
    const { units, offsets, least, name, size, key } = form
    const offset = this.#grams.offsetOf(gram)
    let right = 0
    while (
      offset + right < units.length &&
      at + right < count &&
      units[offset + right] === text[at + right]
    ) {
      right++
    }
    if (right < GRAM) return right + 1
    let left = 0
    while (left < Math.min(at, offset) && units[offset - left - 1] === text[at - left - 1]) left++
    // One that goes on to the left was seen from an earlier place.
    if (left > 0) return left + right
    // What was left out of it on either side may have been there too.
    const from = offset === 0 ? 0 : (offsets[offset - 1] ?? 0) + 1
    const to = offset + right === units.length ? size : (offsets[offset + right] ?? 0)
    const first = places[at] ?? 0
    const length = (places[at + right - 1] ?? 0) + 1 - first
    if (to - from >= least) {
      const whole = right === units.length
      hits.runs.push({ first, count: length, name, whole, key: `s${index}:${offset}:${right}` })
    } else if (key !== null && to - from >= PIECE) {
      hits.pieces.push({
        first,
        length,
        name,
        part: key,
        size,
        offset: from,
        count: to - from,
        window: windowOf(key),
      })
    }
    return right + 1
  }
}

function formsOf({ text, name }: SecretPart): Form[] {
  const least = shortestRun(text)
  if (least === null) return []
  const forms = new Set(TURNS.map((turn) => turn(text.toLowerCase())))
  return [...forms].flatMap((form, index) => {
    const codes = Uint16Array.from({ length: form.length }, (_, i) => form.charCodeAt(i))
    const { units, places, count } = squeezed(codes, codes.length)
    if (count < GRAM) return []
    const kept = { units: units.slice(0, count), offsets: places.slice(0, count) }
    return [{ ...kept, size: form.length, least, name, key: index === 0 ? `~${text}` : null }]
  })
}

/** By unit: itself in lower case, 0 where it often stands between characters or has no width. */
const squeezedUnits = Uint16Array.from({ length: 65_536 }, (_, unit) => {
  if (unit <= 32 || isInvisible(unit)) return 0
  if (unit < 128 && `"',-._|\\`.includes(String.fromCharCode(unit))) return 0
  return unit >= 65 && unit <= 90 ? unit + 32 : unit
})

/** A text without case, and without what often stands between characters; and where each unit of it stood. */
function squeezed(text: Uint16Array, length: number) {
  const { units, places } = roomFor(length + 1)
  let count = 0
  for (let i = 0; i < length; i++) {
    const kept = squeezedUnits[text[i] ?? 0] ?? 0
    units[count] = kept
    places[count] = i
    // No branch, which would be taken or not by chance: 1 for all but 0.
    count += (kept + 0xffff) >> 16
  }
  return { units, places, count }
}

/** A longer text gets room of its own, which is not kept. INVARIANT: the room is the next text's as soon as that is searched. */
const LONGEST_KEPT = 1 << 20
let room = { units: new Uint16Array(1 << 12), places: new Int32Array(1 << 12) }

function roomFor(size: number) {
  if (size <= room.units.length) return room
  const made = { units: new Uint16Array(size * 2), places: new Int32Array(size * 2) }
  if (size <= LONGEST_KEPT) room = made
  return made
}

/** What has no width, or is a space of another kind. */
function isInvisible(unit: number): boolean {
  return unit === 0xa0 || unit === 0xad || unit === 0xfeff || (unit >= 0x2000 && unit <= 0x206f)
}

/** A key of the last four units. */
function nextKey(key: number, unit: number): number {
  return ((key << 8) ^ (unit & 255) ^ (unit >> 8)) | 0
}

/** Of each group of units. */
function hashesOf(units: Uint16Array): Int32Array {
  return Int32Array.from({ length: units.length - GRAM + 1 }, (_, at) => {
    let key = 0
    for (let i = 0; i < GRAM; i++) key = nextKey(key, units[at + i] ?? 0)
    return Math.imul(key, MIX)
  })
}
