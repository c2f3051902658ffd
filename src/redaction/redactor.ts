import { Buffer, isUtf8 } from 'node:buffer'
import { BrokerError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { bytesFromText, textFromBytes } from './byte-text.ts'
import { type Leaves, leavesOf, redactJson } from './json-redaction.ts'
import type { Layers } from './layers.ts'
import { BETWEEN_LEAVES, redactLeaves } from './leaf-redaction.ts'
import { markerFor } from './marker.ts'
import type { Match } from './match.ts'
import type { Meter } from './pattern.ts'
import type { InputFinding, RedactionSession, Redactor } from './redaction-port.ts'
import { RedactionStream } from './redaction-stream.ts'
import { Registry } from './registry.ts'
import { type PlacedPiece, Shown } from './shown.ts'

/** A step that a test may let fail. */
export type RedactionStep = 'register' | 'text' | 'json' | 'bytes' | 'push' | 'end' | 'input'

export interface RedactorOptions {
  /** Called at each step; what it throws is a fault like any other. For fault injection. */
  readonly fault?: (step: RedactionStep) => void
  /** Counts the work done. */
  readonly meter?: Meter
}

/** Makes the redactor of a process. It knows nothing yet. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const registry = new Registry(options.meter ?? { steps: 0 })
  const guarded = <T>(step: RedactionStep, work: () => T): T => {
    try {
      options.fault?.(step)
      return work()
    } catch (thrown) {
      if (thrown instanceof BrokerError && thrown.code === 'redaction_failed') throw thrown
      // Anything else may hold a value, so nothing of it is kept.
      throw new BrokerError('redaction_failed', 'redaction failed, so the message is withheld')
    }
  }
  return {
    register: (secret, how) =>
      guarded('register', () => registry.register(secret, how?.redact ?? 'full')),
    session: () => new Session(registry, guarded),
    inspectInput: (value) => guarded('input', () => inspect(registry, value)),
  }
}

type Guard = <T>(step: RedactionStep, work: () => T) => T

class Session implements RedactionSession {
  readonly #registry: Registry
  readonly #guarded: Guard
  readonly #byName = new Map<string, number>()
  readonly #parts = new Set<string>()

  constructor(registry: Registry, guarded: Guard) {
    this.#registry = registry
    this.#guarded = guarded
  }

  get counts() {
    return { byName: Object.fromEntries(this.#byName), partial: this.#parts.size }
  }

  text(text: string): string {
    return this.#guarded('text', () => this.#redact(text))
  }

  json(value: Json): Json {
    return this.#guarded('json', () => {
      const layers = this.#registry.layers()
      const around = leavesAround(value, layers)
      if (around.hasClean && isCleanAround(around, layers)) return value
      const leaves = around.hasClean ? leavesOf(value) : around.leaves
      if (leaves.texts.length === 0) return value
      let pieces: readonly PlacedPiece[] = []
      const finder = {
        find: (text: string) => {
          const found = layers.inWhole(text)
          pieces = found.pieces
          return found.matches
        },
        spread: (text: string) => layers.findSpread(text),
      }
      const redacted = redactLeaves(leaves, finder, (match) => this.#count(match))
      if (redacted === null) {
        layers.cleanValues.add(value, leaves, pieces)
        return value
      }
      let next = 0
      return redactJson(value, {
        text: () => redacted[next++] ?? '',
        number: (text) => {
          const one = redacted[next++] ?? ''
          return one === text ? null : one
        },
      })
    })
  }

  sameText(text: string): string {
    return this.#guarded('text', () =>
      this.#replaced(text, this.#registry.layers().findDirect(text)),
    )
  }

  bytes(bytes: Uint8Array): Uint8Array {
    return this.#guarded('bytes', () => {
      const text = textFromBytes(bytes)
      const redacted = this.#redact(text)
      const once = redacted === text ? bytes : new Uint8Array(bytesFromText(redacted))
      if (isUtf8(once)) return once
      // In other encodings of text a character beyond ASCII may be one byte.
      const latin = Buffer.from(once).toString('latin1')
      const twice = this.#redact(latin)
      return twice === latin ? once : new Uint8Array(Buffer.from(twice, 'latin1'))
    })
  }

  stream(): { push(chunk: string): string; end(): string } {
    const stream = new RedactionStream(
      () => this.#registry.layers(),
      (match) => this.#count(match),
    )
    let failed = false
    const step = (name: 'push' | 'end', work: () => string): string => {
      try {
        return this.#guarded(name, () => {
          if (failed) throw new Error('it failed before, and what follows would have a gap')
          return work()
        })
      } catch (error) {
        failed = true
        throw error
      }
    }
    return {
      push: (chunk) => step('push', () => stream.push(chunk)),
      end: () => step('end', () => stream.end()),
    }
  }

  #redact(text: string): string {
    return this.#replaced(text, this.#registry.layers().inWhole(text).matches)
  }

  #replaced(text: string, matches: readonly Match[]): string {
    if (matches.length === 0) return text
    let out = ''
    let at = 0
    for (const match of matches) {
      out += text.slice(at, match.start) + markerFor(match)
      at = match.end
      this.#count(match)
    }
    return out + text.slice(at)
  }

  #count(match: Match): void {
    if (match.part !== null) {
      this.#parts.add(match.part)
      return
    }
    this.#byName.set(match.name, (this.#byName.get(match.name) ?? 0) + 1)
  }
}

/** The leaves of a value without those inside of values in which nothing was found before. */
interface LeavesAround {
  readonly leaves: Leaves
  /** True where there are such values, ... */
  readonly hasClean: boolean
  /** ... and pieces of secrets in them. */
  readonly pieces: readonly PlacedPiece[]
}

function leavesAround(value: Json, layers: Layers): LeavesAround {
  const pieces: PlacedPiece[] = []
  let hasClean = false
  const leaves = leavesOf(value, (one) => {
    const clean = layers.cleanValues.get(one)
    if (clean === undefined) return null
    hasClean = true
    pieces.push(...clean.pieces)
    return clean.ends
  })
  return { leaves, hasClean, pieces }
}

/** True where nothing is found around values in which nothing was found before, nor in both together. */
function isCleanAround({ leaves, pieces }: LeavesAround, layers: Layers): boolean {
  const shown = pieces.length === 0 ? null : new Shown()
  for (const piece of pieces) shown?.add(piece)
  const finder = {
    find: (text: string) => layers.inWhole(text, shown).matches,
    spread: (text: string) => layers.findSpread(text),
  }
  return redactLeaves(leaves, finder, () => {}) === null
}

function inspect(registry: Registry, value: Json): InputFinding | null {
  const { texts, kinds } = leavesOf(value)
  if (texts.length === 0) return null
  const text = texts.join(BETWEEN_LEAVES)
  const layers = registry.layers()
  const matches = layers.findStrict(text)
  const whole = matches.find(({ part }) => part === null)
  if (whole !== undefined) return { kind: 'value', name: whole.name }
  const values = texts.filter((_, index) => kinds[index] !== 'name').join(BETWEEN_LEAVES)
  const run = matches[0] ?? layers.findSpread(values)[0]
  return run === undefined ? null : { kind: 'run', name: run.name }
}
