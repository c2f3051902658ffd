import { BrokerError } from '../core/errors.ts'
import type { FormHit, SecretPart } from './form-index.ts'
import type { Meter } from './pattern.ts'
import { PIECE, type Piece, windowOf } from './pieces.ts'
import { shortestRun } from './spread-forms.ts'
import { TURNS } from './turns.ts'

/** Characters that are looked at together. */
const GRAM = 4

const MIX = 0x9e3779b1
const STEPS_PER_UNIT = 64
const FREE_STEPS = 1_000_000

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
  /** A bit for each group that some form has: small, so that looking costs little. */
  readonly #bits: Uint8Array
  readonly #bitShift: number
  readonly #shift: number
  readonly #head: Int32Array
  readonly #next: Int32Array
  readonly #formOf: Int32Array
  readonly #offsetOf: Int32Array

  constructor(parts: readonly SecretPart[], meter: Meter) {
    this.#meter = meter
    this.#forms = parts.flatMap(formsOf)
    const grams = this.#forms.reduce((sum, { units }) => sum + units.length - GRAM + 1, 0)
    const bits = Math.min(22, Math.max(13, Math.ceil(Math.log2(grams * 16 + 1))))
    this.#bits = new Uint8Array(1 << (bits - 3))
    this.#bitShift = 32 - bits
    const slots = Math.min(20, Math.max(8, Math.ceil(Math.log2(grams * 2 + 1))))
    this.#shift = 32 - slots
    this.#head = new Int32Array(1 << slots).fill(-1)
    this.#next = new Int32Array(grams)
    this.#formOf = new Int32Array(grams)
    this.#offsetOf = new Int32Array(grams)
    let gram = 0
    for (const [form, { units }] of this.#forms.entries()) {
      for (let offset = 0; offset + GRAM <= units.length; offset++) {
        const hash = hashOf(units, offset)
        const bit = hash >>> this.#bitShift
        this.#bits[bit >>> 3] = (this.#bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
        const slot = hash >>> this.#shift
        this.#next[gram] = this.#head[slot] ?? -1
        this.#head[slot] = gram
        this.#formOf[gram] = form
        this.#offsetOf[gram] = offset
        gram++
      }
    }
  }

  /**
   * Every run in a text of `length` units, each as long as it goes. Places are those of the text, not of a folded one.
   *
   * @throws BrokerError `redaction_failed` where text and values are made so that it would take too long.
   */
  find(text: Uint16Array, length: number): SparseHits {
    const hits: SparseHits = { runs: [], pieces: [] }
    const { units, places, count } = squeezed(text, length)
    const bits = this.#bits
    const bitShift = this.#bitShift
    const head = this.#head
    const shift = this.#shift
    const budget = length * STEPS_PER_UNIT + FREE_STEPS
    let steps = 0
    let key = 0
    for (let end = 0; end < count; end++) {
      key = nextKey(key, units[end] ?? 0)
      const hash = Math.imul(key, MIX)
      const bit = hash >>> bitShift
      if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue
      const at = end - GRAM + 1
      if (at < 0) continue
      for (let gram = head[hash >>> shift] ?? -1; gram >= 0; ) {
        steps += this.#compare(units, places, count, at, gram, hits)
        gram = this.#next[gram] ?? -1
        if (steps > budget) {
          throw new BrokerError('redaction_failed', 'the search for parts of values took too long')
        }
      }
    }
    this.#meter.steps += steps + length
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
    const index = this.#formOf[gram] ?? 0
    const form = this.#forms[index]
    if (form === undefined) return 1
    const { units, offsets, least, name, size, key } = form
    const offset = this.#offsetOf[gram] ?? 0
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

function hashOf(units: Uint16Array, at: number): number {
  let key = 0
  for (let i = 0; i < GRAM; i++) key = nextKey(key, units[at + i] ?? 0)
  return Math.imul(key, MIX)
}
