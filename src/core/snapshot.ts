import type { Refusal } from './refusal.ts'
import type { Limit, Position, ScopeRule } from './rule.ts'

/**
 * How a secret's value is looked for in what leaves: `full` in every form and in parts; `exact-word` only as it is written, as a
 * word by itself; `off` not at all. Anything but `full` lets inputs hold the value.
 */
export type RedactPolicy = 'full' | 'exact-word' | 'off'

/** One secret of the catalog: where a value lives, never the value. */
export interface SecretEntry {
  readonly name: string
  /** The provider's type. */
  readonly provider: string
  /** Which of the catalog's `providers` it is; the type itself where the secret names that. */
  readonly instance: string
  /** As the provider's zod schema gave it back. */
  readonly reference: unknown
  /** How long a value may be used without asking again, in ms; 0 is not at all. */
  readonly cacheMs: number
  /** The same for a value that is only lent, where the catalog says `cache`; else it is given back once it is not in use. */
  readonly leaseCacheMs?: number
  /** For how long after `cacheMs`, in ms, it may still be used where its provider cannot be reached; 0 is not at all. */
  readonly staleIfErrorMs: number
  /** How long one fetch may take, in ms; null where the catalog does not say. */
  readonly timeoutMs: number | null
  /**
   * Where the upstream knows old and new for a while (`rotation: overlap`): how long after a version was made, in ms, the one
   * before it may be tried where the new one is refused. Null where an old value is never brought back.
   */
  readonly overlapMs: number | null
  /** What the catalog says of it, for scope rules and guardrails: `environment` is `production`. */
  readonly tags: Readonly<Record<string, string>>
  /** The secrets that its provider logs in with; never a cycle. */
  readonly needs: readonly SecretEntry[]
  /** `always`: registered for redaction before the first answer of an agent that can reach it; `used`: on first use. */
  readonly watch: 'always' | 'used'
  readonly redact: RedactPolicy
  readonly position: Position
}

/** What becomes of a credential that an upstream made, and that nobody registered. */
export type MintedRule =
  | { readonly kind: 'withhold' }
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'store'
      /** The secret of the catalog that it is stored as; its provider can be written to. */
      readonly secret: string
      /** An RFC 6901 pointer to it in a JSON body; null where it is the only one that is recognised. */
      readonly field: string | null
    }

/** One tool of the catalog. */
export interface ToolEntry {
  readonly name: string
  readonly type: string
  /** As the tool type's zod schema gave it back. */
  readonly settings: unknown
  readonly description: string | null
  /** The names of the secrets that it needs; each is in the catalog. */
  readonly secrets: readonly string[]
  readonly minted: MintedRule
  readonly position: Position
}

/** What one agent may do with one tool. */
export interface ScopedTool {
  readonly name: string
  readonly rules: readonly ScopeRule[]
  /** Limits of the tool as a whole. */
  readonly limits: readonly Limit[]
  readonly position: Position
}

export interface Scope {
  readonly agent: string
  /** The first moment at which it is no longer valid, in ms since the epoch; null where it does not end. */
  readonly expiresAt: number | null
  /** The profiles that the agent may run under, the default first; empty where it runs on the catalog as it stands. */
  readonly profiles: readonly string[]
  readonly tools: ReadonlyMap<string, ScopedTool>
}

/** A guardrail file as it was read; `policy/` parses and validates it. */
export interface GuardrailFile {
  /** Below KEYHAND_HOME: `policies/no-deletes.cedar`. */
  readonly file: string
  readonly text: string
}

/** One mistake in a file, as people are shown it. */
export interface ConfigProblem {
  readonly position: Position
  readonly severity: 'error' | 'warning'
  /** What is wrong, never a value of a secret. */
  readonly message: string
  /** What would be right; null where the message says it. */
  readonly fix: string | null
}

/** SHA-256 of each file's bytes (of all guardrail files together); null where there is none. */
export interface ConfigHashes {
  readonly catalog: string | null
  readonly scope: string | null
  readonly policies: string | null
}

/**
 * Everything that governs one agent's calls, as it was read at one moment. Never changed; a change of a file makes a new one.
 * A part with a mistake stands here as the refusal that every call which needs it is answered with.
 */
export interface Snapshot {
  readonly agent: string
  /** The profile of the catalog that it is made for; null where that is the catalog as it stands. */
  readonly profile: string | null
  readonly hashes: ConfigHashes
  readonly secrets: ReadonlyMap<string, SecretEntry | Refusal>
  readonly tools: ReadonlyMap<string, ToolEntry | Refusal>
  readonly scope: Scope | Refusal
  readonly guardrails: readonly GuardrailFile[] | Refusal
  /** A mistake that governs all calls: a catalog that cannot be read as one. */
  readonly refusal: Refusal | null
  readonly problems: readonly ConfigProblem[]
}
