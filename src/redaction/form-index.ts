import type { FoldedText } from './folded-text.ts'
import { HashFilter, MIX } from './hash-filter.ts'
import type { Meter } from './pattern.ts'
import { SearchBudget } from './search-budget.ts'
import { type SpreadForm, spreadForms } from './spread-forms.ts'

/** The secret part of a value, and the name of the secret. */
export interface SecretPart {
  readonly text: string
  readonly name: string
  /** True where no run of it counts but all of it: it says more than the secret. */
  readonly undivided: boolean
}

/** A part of a value in a folded text. */
export interface FormHit {
  /** First folded unit, and how many. */
  readonly first: number
  readonly count: number
  readonly name: string
  /** True for all of the secret part. */
  readonly whole: boolean
  /** The same for the same part of the same value in the same form. */
  readonly key: string
}

/** Folded units that are looked at together. */
const GRAM = 5
/** A run of eight holds a whole gram at every fourth place. */
const STRIDE = 4
/** Forms of which runs are at least this long are compared where this many units agree: hex and decimal have few groups of five. */
const WIDE_GRAM = 9
const WIDE_LEAST = STRIDE + WIDE_GRAM - 1
/** More between two characters than this, and they are not parts of one run. */
const LONGEST_GAP = 64

/**
 * Finds runs of secret parts, in every form of `spreadForms`, in folded text. A filter of all groups of five units says for
 * every fourth place whether it is worth a look; what it lets pass is compared unit by unit.
 */
export class FormIndex {
  readonly #parts: readonly SecretPart[]
  readonly #meter: Meter
  /** All forms, each with a 0 before and after it. */
  readonly #pool: Uint8Array
  readonly #starts: Int32Array
  readonly #leasts: Int32Array
  readonly #partOf: Int32Array
  readonly #filter: HashFilter
  readonly #head: Int32Array
  readonly #wideHead: Int32Array
  readonly #headShift: number
  readonly #next: Int32Array
  /** The last run that was compared: how far its form lies from the text, and where in the text it ends. */
  #distance = 0
  #comparedTo = 0

  constructor(parts: readonly SecretPart[], meter: Meter) {
    this.#parts = parts
    this.#meter = meter
    const forms: SpreadForm[] = []
    const owners: number[] = []
    for (const [index, part] of parts.entries()) {
      for (const form of spreadForms(part.text)) {
        forms.push(part.undivided ? { ...form, least: form.units.length } : form)
        owners.push(index)
      }
    }
    const total = forms.reduce((sum, { units }) => sum + units.length + 1, 1)
    this.#pool = new Uint8Array(total + WIDE_GRAM)
    this.#starts = new Int32Array(forms.length)
    this.#leasts = Int32Array.from(forms, ({ least }) => least)
    this.#partOf = Int32Array.from(owners)
    const bits = Math.min(24, Math.max(13, Math.ceil(Math.log2(total * 24))))
    this.#filter = new HashFilter(bits)
    const slots = Math.min(20, Math.max(8, Math.ceil(Math.log2(total * 2))))
    this.#head = new Int32Array(1 << slots).fill(-1)
    this.#wideHead = new Int32Array(1 << slots).fill(-1)
    this.#headShift = 32 - slots
    this.#next = new Int32Array(total)
    let at = 1
    for (const [id, { units, least }] of forms.entries()) {
      this.#starts[id] = at
      this.#pool.set(units, at)
      for (let i = 0; i + GRAM <= units.length; i++) {
        const hash = Math.imul(keyAt(units, i), MIX)
        this.#filter.add(hash)
        const wide = least >= WIDE_LEAST
        if (wide && i + WIDE_GRAM > units.length) continue
        const heads = wide ? this.#wideHead : this.#head
        const slot = (wide ? wideHash(units, i, hash) : hash) >>> this.#headShift
        this.#next[at + i] = heads[slot] ?? -1
        heads[slot] = at + i
      }
      at += units.length + 1
    }
  }

  /** True where there is nothing to look for. */
  get empty(): boolean {
    return this.#starts.length === 0
  }

  /**
   * Every run, each as long as it goes.
   *
   * @throws BrokerError `redaction_failed` where text and values are made so that it would take too long.
   */
  find(text: FoldedText): FormHit[] {
    const hits: FormHit[] = []
    if (this.empty) return hits
    const { units, length } = text
    const filter = this.#filter
    const last = length - GRAM
    const budget = new SearchBudget(length)
    this.#comparedTo = 0
    for (let i = 0; i <= last; i += STRIDE) {
      const key =
        (units[i] ?? 0) |
        ((units[i + 1] ?? 0) << 6) |
        ((units[i + 2] ?? 0) << 12) |
        ((units[i + 3] ?? 0) << 18) |
        ((units[i + 4] ?? 0) << 24)
      const hash = Math.imul(key, MIX)
      if (!filter.mayHave(hash)) continue
      budget.spend(this.#compare(text, i, hash, hits))
    }
    this.#meter.steps += budget.steps + length
    return hits
  }

  /**
   * How many units at the end of a folded text may be the start of a run: fewer than a gram, or as many as the last grams
   * that all occur in some form.
   */
  open(text: FoldedText): number {
    if (this.empty) return 0
    const { units, length } = text
    let first = length - GRAM
    while (first >= 0) {
      if (!this.#filter.mayHave(Math.imul(keyAt(units, first), MIX))) break
      first--
    }
    return length - Math.max(0, first + 1)
  }

  #compare(text: FoldedText, at: number, hash: number, hits: FormHit[]): number {
    let steps = 2
    steps += this.#compareAll(text, at, this.#head[hash >>> this.#headShift] ?? -1, hits)
    if (at + WIDE_GRAM > text.length) return steps
    const wide = wideHash(text.units, at, hash)
    return steps + this.#compareAll(text, at, this.#wideHead[wide >>> this.#headShift] ?? -1, hits)
  }

  #compareAll(text: FoldedText, at: number, first: number, hits: FormHit[]): number {
    const { units, length } = text
    const pool = this.#pool
    let steps = 0
    for (let gram = first; gram > 0; ) {
      const place = gram
      gram = this.#next[gram] ?? -1
      steps++
      // Each gram of a long run would compare all of it again.
      if (at < this.#comparedTo && place - at === this.#distance) continue
      let right = 0
      while (at + right < length && pool[place + right] === units[at + right]) right++
      if (right < GRAM) continue
      let left = 0
      while (at - left > 0 && pool[place - left - 1] === units[at - left - 1]) left++
      steps += left + right
      if (left + right < GRAM + 3) continue
      if (at + right > this.#comparedTo) {
        this.#comparedTo = at + right
        this.#distance = place - at
      }
      const form = this.#formAt(place)
      if (left + right < (this.#leasts[form] ?? 0)) continue
      const offset = place - left - (this.#starts[form] ?? 0)
      this.#add(text, hits, { form, offset, first: at - left, count: left + right })
    }
    return steps
  }

  /** Adds a run, or the parts of it between gaps that are too wide. */
  #add(
    text: FoldedText,
    hits: FormHit[],
    run: { form: number; offset: number; first: number; count: number },
  ): void {
    const { form, offset, first, count } = run
    // The same run is seen from each of its grams.
    for (let i = hits.length - 1; i >= 0 && i > hits.length - 16; i--) {
      const hit = hits[i]
      if (hit !== undefined && hit.first === first && hit.key.startsWith(`${form}:${offset}:`))
        return
    }
    const least = this.#leasts[form] ?? 0
    const size =
      (this.#starts[form + 1] ?? this.#pool.length - WIDE_GRAM + 1) - (this.#starts[form] ?? 0) - 1
    const name = this.#parts[this.#partOf[form] ?? 0]?.name ?? ''
    const places = text.places(first, count)
    for (let from = 0; from < count; ) {
      let to = from + 1
      while (to < count && (places[to] ?? 0) - (places[to - 1] ?? 0) <= LONGEST_GAP) to++
      if (to - from >= least) {
        const key = `${form}:${offset + from}:${to - from}`
        hits.push({ first: first + from, count: to - from, name, whole: to - from >= size, key })
      }
      from = to
    }
  }

  #formAt(place: number): number {
    let low = 0
    let high = this.#starts.length
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if ((this.#starts[middle] ?? 0) <= place) low = middle
      else high = middle
    }
    return low
  }
}

/** A hash of the units of a wide gram, of which the first five have been hashed. */
function wideHash(units: Uint8Array, i: number, hash: number): number {
  const rest =
    (units[i + 5] ?? 0) |
    ((units[i + 6] ?? 0) << 6) |
    ((units[i + 7] ?? 0) << 12) |
    ((units[i + 8] ?? 0) << 18)
  return Math.imul(hash ^ (hash >>> 15) ^ Math.imul(rest, 0x85ebca6b), MIX)
}

function keyAt(units: Uint8Array, i: number): number {
  return (
    (units[i] ?? 0) |
    ((units[i + 1] ?? 0) << 6) |
    ((units[i + 2] ?? 0) << 12) |
    ((units[i + 3] ?? 0) << 18) |
    ((units[i + 4] ?? 0) << 24)
  )
}
