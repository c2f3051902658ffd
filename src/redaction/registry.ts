import type { Secret } from '../core/secret.ts'
import { directForms } from './direct-forms.ts'
import { ExactWords } from './exact-words.ts'
import { FormIndex, type SecretPart } from './form-index.ts'
import { knownUnits } from './known-units.ts'
import { Layers } from './layers.ts'
import type { Meter, Pattern } from './pattern.ts'
import { PieceIndex } from './pieces.ts'
import { Scanner } from './scanner.ts'
import { embeddedParts, isPublicField, secretParts } from './secret-part.ts'
import { SparseIndex } from './sparse-index.ts'
import { isSparse, shortestRun } from './spread-forms.ts'

/** A shorter password inside a connection string is found with the whole string only. */
const SHORTEST_EMBEDDED = 4

/**
 * The values that redaction knows, until the process ends, and the tables made of them, which are made at their next use.
 * INVARIANT: the only file that takes a value out of its `Secret` for redaction; nothing gives it back.
 */
export class Registry {
  readonly #meter: Meter
  readonly #values = new Set<string>()
  readonly #names = new Set<string>()
  /** By value: the name of a secret that is looked for as a whole word only. */
  readonly #words = new Map<string, string>()
  /** Values that the admin lets through, as they are or altogether: what they are a part of is not looked for by them. */
  readonly #relaxed = new Set<string>()
  readonly #patterns = new Map<string, Pattern>()
  readonly #parts = new Map<string, SecretPart>()
  #scanner: Scanner | null = null
  #layers: Layers | null = null

  constructor(meter: Meter) {
    this.#meter = meter
  }

  /**
   * A value that is known already costs nothing and keeps the name that it was first registered with. One that two secrets share
   * is looked for as the stricter of the two says.
   */
  register(secret: Secret, redact: 'full' | 'exact-word' | 'off' = 'full'): void {
    if (isPublicField(secret.field)) return
    const value = secret.reveal()
    if (this.#values.has(value)) return
    if (redact !== 'full') this.#relaxed.add(value)
    if (redact === 'off') return
    if (redact === 'exact-word') {
      const word = value.trim()
      if (word === '' || this.#words.has(word)) return
      this.#words.set(word, secret.name)
      this.#layers = null
      return
    }
    this.#words.delete(value.trim())
    this.#relaxed.delete(value)
    const embedded = embeddedParts(value).filter((part) => part.length >= SHORTEST_EMBEDDED)
    for (const text of [value, ...embedded]) this.#addForms(text, secret.name)
    for (const [text, undivided] of this.#partsOf(value)) {
      // Where it is a part of another secret too, its runs count.
      if (!undivided || !this.#parts.has(text)) {
        const { name } = this.#parts.get(text) ?? secret
        this.#parts.set(text, { text, name, undivided })
      }
    }
    this.#values.add(value)
    this.#names.add(secret.name)
    this.#scanner = null
    this.#layers = null
  }

  scanner(): Scanner {
    this.#scanner ??= Scanner.of([...this.#patterns.values()], this.#names, this.#meter)
    return this.#scanner
  }

  /** All layers of the search, the direct one among them. */
  layers(): Layers {
    if (this.#layers === null) {
      const parts = [...this.#parts.values()]
      const sparse = parts.filter(({ text }) => isSparse(text))
      this.#layers = new Layers({
        scanner: this.scanner(),
        forms: new FormIndex(parts, this.#meter),
        known: knownUnits(
          this.#values,
          parts.some(({ undivided }) => undivided),
        ),
        words: this.#words.size === 0 ? null : new ExactWords(this.#words),
        pieces: new PieceIndex(parts, this.#meter),
        sparse: sparse.length === 0 ? null : new SparseIndex(sparse, this.#meter),
      })
    }
    return this.#layers
  }

  #addForms(value: string, name: string): void {
    for (const { text, edges } of directForms(value)) {
      const known = this.#patterns.get(text)
      if (known === undefined) this.#patterns.set(text, { text, name, edges })
      else if (edges && !known.edges) this.#patterns.set(text, { ...known, edges })
    }
  }

  /**
   * The secret parts of a value; of `user:password`, where that password is known, none: it is looked for itself. Where they are too
   * short to have runs, also all of the value, undivided: `user:pin` is still not to be read backwards or in hex.
   */
  #partsOf(value: string): ReadonlyMap<string, boolean> {
    for (let colon = value.indexOf(':'); colon >= 0; colon = value.indexOf(':', colon + 1)) {
      const password = value.slice(colon + 1)
      if (this.#values.has(password) || this.#relaxed.has(password)) return new Map()
    }
    const parts = new Map(secretParts(value).map((text) => [text, false]))
    const haveRuns = [...parts.keys()].some((text) => shortestRun(text) !== null)
    if (!haveRuns && !parts.has(value.trim())) parts.set(value.trim(), true)
    return parts
  }
}
