import type { FormHit, SecretPart } from './form-index.ts'
import { GramTable } from './gram-table.ts'
import type { Meter } from './pattern.ts'
import { PIECE, type Piece, windowOf } from './pieces.ts'
import { SearchBudget } from './search-budget.ts'
import { shortestRun } from './spread-forms.ts'
import { TURNS } from './turns.ts'

/** Four characters are looked at together, by the last eight bits of each. */
const BITS_EACH = 8
/** Fewer characters are no form of a part. */
const SHORTEST = 4

interface Form {
  /** Squeezed, and where each unit stands in the part. */
  readonly units: readonly number[]
  readonly offsets: readonly number[]
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
  /** The units of all forms and their offsets, with what is before and after each; in one piece, since most are only glanced at. */
  readonly #pool: Uint16Array
  readonly #offsets: Int32Array
  readonly #starts: Int32Array
  readonly #grams: GramTable

  constructor(parts: readonly SecretPart[], meter: Meter) {
    this.#meter = meter
    this.#forms = parts.flatMap(formsOf)
    const total = this.#forms.reduce((sum, { units }) => sum + units.length + 2, 0)
    this.#pool = new Uint16Array(total)
    this.#offsets = new Int32Array(total)
    this.#starts = new Int32Array(this.#forms.length)
    let at = 0
    for (const [index, { units, offsets, size }] of this.#forms.entries()) {
      this.#starts[index] = at + 1
      this.#pool.set(units, at + 1)
      this.#offsets.set([-1, ...offsets, size], at)
      at += units.length + 2
    }
    this.#grams = new GramTable(
      this.#forms.map(({ units }) => Uint8Array.from(units, lowByte)),
      BITS_EACH,
    )
  }

  /**
   * Every run in a text of `length` units, each as long as it goes. Places are those of the text, not of a folded one.
   *
   * @throws BrokerError `redaction_failed` where text and values are made so that it would take too long.
   */
  find(text: Uint16Array, length: number): SparseHits {
    const hits: SparseHits = { runs: [], pieces: [] }
    const budget = new SearchBudget(length)
    const { keys, places, count } = squeezed(text, length)
    this.#grams.forEach(keys, count, (at, owner, offset) => {
      budget.spend(this.#compare(text, length, places[at] ?? 0, owner, offset, hits))
    })
    this.#meter.steps += budget.steps + length
    return hits
  }

  #compare(
    text: Uint16Array,
    length: number,
    at: number,
    index: number,
    offset: number,
    hits: SparseHits,
  ): number {
    const pool = this.#pool
    const place = (this.#starts[index] ?? 0) + offset
    let count = 0
    let end = at
    for (let i = at; i < length; i++) {
      const unit = squeezedUnits[text[i] ?? 0] ?? 0
      if (unit === 0) continue
      // What is around a form is no unit at all.
      if (unit !== pool[place + count]) break
      count++
      end = i + 1
    }
    if (count < this.#grams.size) return count + 1
    // What was left out of it on either side may have been there too.
    const from = (this.#offsets[place - 1] ?? 0) + 1
    const to = this.#offsets[place + count] ?? 0
    if (to - from < PIECE) return count + 1
    // One that goes on to the left was seen from an earlier place.
    const before = pool[place - 1] ?? 0
    if (before !== 0 && before === unitBefore(text, at)) return count + 1
    const form = this.#forms[index]
    if (form === undefined) return count + 1
    const { least, name, size, key } = form
    if (to - from >= least) {
      const whole = before === 0 && pool[place + count] === 0
      hits.runs.push({
        first: at,
        count: end - at,
        name,
        whole,
        key: `s${index}:${offset}:${count}`,
      })
    } else if (key !== null) {
      hits.pieces.push({
        first: at,
        length: end - at,
        name,
        part: key,
        size,
        offset: from,
        count: to - from,
        window: windowOf(key),
      })
    }
    return count + 1
  }
}

interface Squeezed {
  readonly keys: Uint8Array
  /** Where in the text each of them stands. */
  readonly places: Int32Array
}

/** A longer text gets room of its own, which is not kept. */
const LONGEST_KEPT = 1 << 19

let room: Squeezed = { keys: new Uint8Array(0), places: new Int32Array(0) }

/** The low bytes of the units that are kept of a text. INVARIANT: they are there until the next text. */
function squeezed(text: Uint16Array, length: number): Squeezed & { readonly count: number } {
  let into = room
  if (into.keys.length <= length) {
    const size = length > LONGEST_KEPT ? length + 1 : 2 * length + 1_024
    into = { keys: new Uint8Array(size), places: new Int32Array(size) }
    if (length <= LONGEST_KEPT) room = into
  }
  const { keys, places } = into
  const kept = squeezedUnits
  let count = 0
  // Without branches, which prose would take or not by chance: it costs half as much.
  for (let i = 0; i < length; i++) {
    const unit = kept[text[i] ?? 0] ?? 0
    keys[count] = unit
    places[count] = i
    count += (unit + 0xffff) >> 16
  }
  return { keys, places, count }
}

/** The last unit before a place that is kept; 0 where there is none. */
function unitBefore(text: Uint16Array, at: number): number {
  for (let i = at - 1; i >= 0; i--) {
    const unit = squeezedUnits[text[i] ?? 0] ?? 0
    if (unit !== 0) return unit
  }
  return 0
}

function formsOf({ text, name, undivided }: SecretPart): Form[] {
  const least = undivided ? text.length : shortestRun(text)
  if (least === null) return []
  const forms = new Set(TURNS.map((turn) => turn(text.toLowerCase())))
  return [...forms].flatMap((form, index) => {
    const units: number[] = []
    const offsets: number[] = []
    for (let i = 0; i < form.length; i++) {
      const unit = squeezedUnits[form.charCodeAt(i)] ?? 0
      if (unit === 0) continue
      units.push(unit)
      offsets.push(i)
    }
    if (units.length < SHORTEST) return []
    return [
      { units, offsets, size: form.length, least, name, key: index === 0 ? `~${text}` : null },
    ]
  })
}

/** By unit: itself in lower case, 0 where it often stands between characters or has no width. */
const squeezedUnits = Uint16Array.from({ length: 65_536 }, (_, unit) => {
  if (unit <= 32 || isInvisible(unit)) return 0
  if (unit < 128 && `"',-._|\\`.includes(String.fromCharCode(unit))) return 0
  return unit >= 65 && unit <= 90 ? unit + 32 : unit
})

/** What has no width, or is a space of another kind. */
function isInvisible(unit: number): boolean {
  return unit === 0xa0 || unit === 0xad || unit === 0xfeff || (unit >= 0x2000 && unit <= 0x206f)
}

function lowByte(unit: number): number {
  return unit & 255
}
