import type { Json } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'

/** What redaction found so far in one message or call. */
export interface RedactionCounts {
  /** Number of replacements by name of secret. */
  readonly byName: Readonly<Record<string, number>>
  /** Number of distinct partial matches (runs), whose secret is not named. */
  readonly partial: number
}

/**
 * Redaction of one call or one message. Every method removes every trace of every registered value.
 *
 * @throws BrokerError `redaction_failed` on any fault or exhausted budget: the caller withholds the whole message.
 */
export interface RedactionSession {
  text(text: string): string
  /** Strings, names (a name that then exists twice gets `#2`) and numbers at any depth. */
  json(value: Json): Json
  bytes(bytes: Uint8Array): Uint8Array
  stream(): { push(chunk: string): string; end(): string }
  readonly counts: RedactionCounts
}

/** What an input was found to hold. INVARIANT: which secret it was is for the trail and never for the agent. */
export interface InputFinding {
  readonly kind: 'value' | 'run'
  readonly name: string
}

/** The registry of values and what finds them. One per process; a value stays in it until the process ends. */
export interface Redactor {
  register(secret: Secret): void
  session(): RedactionSession
  /** Null where the input holds no registered value and no run of one. */
  inspectInput(value: Json): InputFinding | null
}
