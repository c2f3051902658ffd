import type { SampleSecret } from '../corpus/redaction/secret-kinds.ts'
import { ALPHABETS, folded, type Needle, needlesOf } from './leak-detector/needles.ts'
import { knownUnits, textsInBytes } from './leak-detector/texts-in-bytes.ts'
import { type ViewLimits, viewsOf } from './leak-detector/views.ts'

/** A value, or as much of it as counts, that can be read out of a text. */
export interface Leak {
  readonly secret: SampleSecret
  /** `run`: consecutive characters. `parts`: all of it, in pieces. */
  readonly kind: 'run' | 'parts'
  /** What can be read. */
  readonly shown: string
  /** What has to be undone to read it, from the outside in. */
  readonly how: readonly string[]
}

/** Shorter than the shortest run that counts, so that each run has one. */
const GRAM = 4

const LIMITS: ViewLimits = { depth: 4, characters: 20_000_000 }

/** Texts longer than this hold every short piece somewhere. */
const LONGEST_FOR_PARTS = 20_000

/**
 * Reads a text in every way that it knows and says which values it shows. It shares nothing with the redactor: it decodes by
 * itself, over and over, and looks for runs of the values in what comes out. It knows what it looks for, and takes as long as it takes.
 */
export class LeakDetector {
  readonly #needles: readonly Needle[]
  readonly #grams = new Map<string, { needle: Needle; offset: number }[]>()
  readonly #units: Uint8Array
  readonly #limits: ViewLimits
  #expected = 0
  #inspected = 0
  readonly #secrets: number

  constructor(secrets: readonly SampleSecret[], limits: Partial<ViewLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits }
    this.#needles = secrets.flatMap(needlesOf)
    this.#secrets = secrets.length
    this.#units = knownUnits(secrets.map(({ value }) => value))
    for (const needle of this.#needles) {
      for (let offset = 0; offset + GRAM <= needle.text.length; offset++) {
        const gram = needle.text.slice(offset, offset + GRAM)
        const known = this.#grams.get(gram)
        if (known === undefined) this.#grams.set(gram, [{ needle, offset }])
        else known.push({ needle, offset })
      }
    }
  }

  /** How many findings there would be by chance in all that was inspected, were the values random: an estimate from above. */
  get expectedByChance(): number {
    return this.#expected
  }

  /** How many characters were looked at, in all views. */
  get inspectedCharacters(): number {
    return this.#inspected
  }

  /** One leak for each secret that the text shows; the first way to read it that was found. */
  inspect(text: string): Leak[] {
    const leaks = new Map<SampleSecret, Leak>()
    for (const { text: view, how } of viewsOf(text, this.#limits, this.#units)) {
      this.#search(view, how, leaks)
      // Nothing more can be found.
      if (leaks.size === this.#secrets) break
    }
    return [...leaks.values()]
  }

  /** The same of bytes. */
  inspectBytes(bytes: Uint8Array): Leak[] {
    const buffer = Buffer.from(bytes)
    const texts = textsInBytes(buffer, this.#units)
    return [
      ...new Map(
        [buffer.toString('latin1'), ...texts]
          .flatMap((text) => this.inspect(text))
          .map((leak) => [leak.secret, leak]),
      ).values(),
    ]
  }

  #search(text: string, how: readonly string[], leaks: Map<SampleSecret, Leak>): void {
    const view = folded(text)
    this.#inspected += view.length
    this.#estimate(view)
    const pieces = view.length <= LONGEST_FOR_PARTS ? new Map<Needle, Set<number>>() : null
    for (let at = 0; at + GRAM <= view.length; at++) {
      const hits = this.#grams.get(view.slice(at, at + GRAM))
      if (hits === undefined) continue
      for (const { needle, offset } of hits) {
        if (leaks.has(needle.secret)) continue
        const inside = at > 0 && offset > 0 && view[at - 1] === needle.text[offset - 1]
        if (inside) continue
        const length = commonLength(view, at, needle.text, offset)
        if (length >= needle.least) {
          const shown = needle.text.slice(offset, offset + length)
          leaks.set(needle.secret, { secret: needle.secret, kind: 'run', shown, how })
        } else if (pieces !== null && length >= needle.piece) {
          const covered = pieces.get(needle) ?? new Set()
          for (let i = 0; i < length; i++) covered.add(offset + i)
          pieces.set(needle, covered)
        }
      }
    }
    for (const [needle, covered] of pieces ?? []) {
      if (covered.size < needle.text.length || leaks.has(needle.secret)) continue
      leaks.set(needle.secret, { secret: needle.secret, kind: 'parts', shown: needle.text, how })
    }
  }

  /** Adds places x windows of each needle x the chance of one to be met, in stretches of its alphabet. */
  #estimate(view: string): void {
    const places = placesByAlphabet(view)
    for (const { text, least, alphabet } of this.#needles) {
      const windows = Math.max(0, text.length - least + 1)
      this.#expected += places[alphabet] * windows * ALPHABETS[alphabet] ** -least
    }
  }
}

function commonLength(a: string, atA: number, b: string, atB: number): number {
  let length = 0
  while (
    atA + length < a.length &&
    atB + length < b.length &&
    a.charCodeAt(atA + length) === b.charCodeAt(atB + length)
  ) {
    length++
  }
  return length
}

/** How many places have eight or more characters of an alphabet from there on. */
function placesByAlphabet(view: string) {
  const places = { digits: 0, hex: 0, letters: 0, any: Math.max(0, view.length - 7) }
  let digits = 0
  let hex = 0
  let letters = 0
  for (let i = 0; i < view.length; i++) {
    const unit = view.charCodeAt(i)
    const isDigit = unit >= 48 && unit <= 57
    digits = isDigit ? digits + 1 : 0
    hex = isDigit || (unit >= 97 && unit <= 102) ? hex + 1 : 0
    letters = isDigit || (unit >= 97 && unit <= 122) ? letters + 1 : 0
    if (digits >= 8) places.digits++
    if (hex >= 8) places.hex++
    if (letters >= 8) places.letters++
  }
  return places
}
