import type { Json } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'
import type { RedactPolicy } from '../core/snapshot.ts'

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
  /** As `text`, of one that is the JSON of what `json` has just let out: only the value as it is written is looked for once more. */
  sameText(text: string): string
  /**
   * What `push` gives may be shown at once. Where a text was cut off (a limit was reached, a connection broke) `end` is not
   * called: what is held back may be the start of a value.
   */
  stream(): { push(chunk: string): string; end(): string }
  readonly counts: RedactionCounts
}

/** What an input was found to hold. INVARIANT: which secret it was is for the trail and never for the agent. */
export interface InputFinding {
  readonly kind: 'value' | 'run'
  readonly name: string
}

/**
 * How a value is looked for: `full` in all forms and in parts; `exact-word` only as it is written, where no letter, digit or `_`
 * stands beside it (a PIN, `admin`); `off` not at all. Anything but `full` is the admin's choice and lets inputs hold it.
 */
export interface RegisterOptions {
  readonly redact?: RedactPolicy
}

/** The registry of values and what finds them. One per process; a value stays in it until the process ends. */
export interface Redactor {
  /**
   * From then on every session finds it, also one that has begun. A blank value and a field that is no secret (a user name, a
   * host, a port) are not looked for.
   */
  register(secret: Secret, options?: RegisterOptions): void
  session(): RedactionSession
  /** Null where the input holds no registered value and no run of one. */
  inspectInput(value: Json): InputFinding | null
}
