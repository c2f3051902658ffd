import type { Condition } from './condition.ts'

/** Where a thing stands in a file: the file's name below KEYHAND_HOME, line and column from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** `file:line:column`, the id of a rule and the head of every message about a file. */
export function positionText(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`
}

export type LimitWindow = 'second' | 'minute' | 'hour' | 'day'

/** At most `count` attempts in any window of that length (sliding). */
export interface Limit {
  readonly count: number
  readonly window: LimitWindow
}

/** The length of a limit's window in milliseconds. */
export function windowMs(window: LimitWindow): number {
  return { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }[window]
}

/** One `allow` or `deny` of a scope file, ready to be compiled. */
export interface ScopeRule {
  /** `file:line:column`, e.g. `agents/claude-code.yaml:7:9`. Unique in a slice. */
  readonly id: string
  readonly effect: 'allow' | 'deny'
  readonly condition: Condition
  /** SHA-256 of the rule's canonical JSON (RFC 8785): the key of its counters, so that moving lines resets nothing. */
  readonly key: string
  /** The rule as data, as its tool type's zod schema gave it back. */
  readonly rule: unknown
  readonly approval: 'human' | null
  readonly limits: readonly Limit[]
  /** An allow holds only where every secret of the tool carries one of these values, by name of tag. */
  readonly secretTags?: Readonly<Record<string, readonly string[]>>
}
