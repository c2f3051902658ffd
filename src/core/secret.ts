import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

/**
 * A value that will not print: every way to turn it into text gives `[secret NAME]`.
 *
 * Only the files that `test/architecture.test.ts` lists may call `reveal()`.
 */
export class Secret {
  readonly name: string
  /** The field of a secret that has several (`username`, `password`); null where the secret is one value. */
  readonly field: string | null
  readonly #value: string

  constructor(name: string, value: string, field: string | null = null) {
    this.name = name
    this.field = field
    this.#value = value
  }

  /** The value itself. INVARIANT: it goes to an upstream, a provider or the redactor's registry, nowhere else. */
  reveal(): string {
    return this.#value
  }

  /** True where the other holds the same value; in constant time, and without showing either. */
  equals(other: Secret): boolean {
    return timingSafeEqual(digest(this.#value), digest(other.#value))
  }

  toString(): string {
    return `[secret ${this.name}]`
  }

  toJSON(): string {
    return this.toString()
  }

  [Symbol.toPrimitive](): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest()
}
