import type { z } from 'zod'
import type { SecretValues } from '../auth/auth-scheme.ts'
import type { Action } from '../core/action.ts'
import type { Condition } from '../core/condition.ts'
import type { FactsSchema } from '../core/facts-schema.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Refusal } from '../core/refusal.ts'
import type { Secret } from '../core/secret.ts'

/** MCP's four hints, all of them set, worked out from the rules. */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** One rule of a scope file as its tool type understood it. */
export interface TypedRule<Rule> {
  readonly effect: 'allow' | 'deny'
  readonly rule: Rule
  readonly approval: 'human' | null
}

/** How a tool shows itself to a model. */
export interface ToolDescription<Input> {
  readonly title: string
  /** What it does and what this agent's scope lets it do (methods, paths), for the model. */
  readonly description: string
  /** Strict; its JSON Schema is the MCP inputSchema. */
  readonly input: z.ZodType<Input>
  /** JSON Schema of `structured`; upstream data is left untyped, so that a number may become a marker. */
  readonly output: JsonObject
  readonly annotations: ToolAnnotations
}

/** Redaction for one call: counts what it removes. Whatever an upstream says passes through it before anything selects or cuts. */
export interface CallRedaction {
  text(text: string): string
  /** Strings, names and numbers at any depth. */
  json(value: Json): Json
  /** Bytes with every known value removed as text would be. */
  bytes(bytes: Uint8Array): Uint8Array
  /** For what comes in pieces: `push` gives what can no longer be part of a match, `end` the rest. */
  stream(): { push(chunk: string): string; end(): string }
  /**
   * What an upstream made that looks like a credential, and that nobody registered, is withheld, stored or let through, as the
   * catalog says of the tool. To be called with what the methods above gave, before anything selects or cuts.
   *
   * @param mayStore false for what is no answer to the action itself: a header, an error's body.
   * @throws BrokerError `redaction_failed` where there is too much of it: nothing of the answer may be shown.
   */
  mintedJson(value: Json, mayStore: boolean): Promise<WithoutMinted<Json>>
  /** @param part.complete false where the text is the start of one: its end is left out, since it may be the start of a credential. */
  mintedText(
    text: string,
    part: { readonly complete: boolean; readonly mayStore: boolean },
  ): Promise<WithoutMinted<string>>
}

/** What may be shown of an answer, and what the model should know of the rest. */
export interface WithoutMinted<T> {
  readonly value: T
  readonly notes: readonly string[]
}

/** What a tool may use while it performs one action. */
export interface CallContext {
  readonly secrets: SecretValues
  readonly signal: AbortSignal
  readonly redaction: CallRedaction
  /** Ms since the epoch. */
  now(): number
  /** Registers a derived or minted value for redaction, before anything parses it. */
  register(secret: Secret): void
  /** Tells the client how far it is; the text is redacted on its way. */
  progress(message: string): void
}

/** What came of an action: redacted by `CallRedaction`, then selected, then cut. */
export interface ToolResult {
  /** What the model sees, as the tool's output schema says (the broker adds `call`, the call's id). */
  readonly structured: JsonObject
  /** True where the upstream said that it failed (an HTTP status of 400 and above). */
  readonly failed: boolean
  /** For the trail: the upstream's status, null where the type has none. */
  readonly status: number | null
  /** For the trail: bytes that came back from the upstream, decompressed. */
  readonly bytes: number
}

export type Performed =
  | { readonly kind: 'done'; readonly result: ToolResult }
  /**
   * The upstream refused the credential (401, or 403 of what changes nothing): the broker may perform it again with another
   * version, since nothing was done.
   */
  | { readonly kind: 'credential_rejected'; readonly result: ToolResult }
  /** A redirect: `input` is a new action, to be made canonical, decided, counted and recorded like any other. */
  | { readonly kind: 'redirect'; readonly input: unknown; readonly result: ToolResult }

/** What is known of an action that was refused: all of it, or what the trail keeps (then `request` is null). */
export type RefusedAction = Pick<Action, 'verb' | 'target' | 'path'> & {
  readonly request: JsonObject | null
}

/** Something that an agent can have done. */
export interface ToolType<Settings = unknown, Rule = unknown, Input = unknown> {
  /** The word in the catalog. */
  readonly type: string
  /** One line for docs and `--help`. */
  readonly description: string
  /** What the catalog says, besides `type` and `description`; a strict object. */
  readonly settings: z.ZodType<Settings>
  /** What `allow` and `deny` may say, besides `approval` and `limit`: an allow names all dimensions, a deny may leave any out. */
  readonly rules: { readonly allow: z.ZodType<Rule>; readonly deny: z.ZodType<Rule> }
  /** The facts that rules and guardrails may ask about; a public interface. */
  readonly facts: FactsSchema
  /** The catalog's names of the secrets that these settings need. */
  secrets(settings: Settings): readonly string[]
  describe(
    tool: string,
    settings: Settings,
    rules: readonly TypedRule<Rule>[],
    catalogDescription: string | null,
  ): ToolDescription<Input>
  /** Data over an action's facts: exact for an allow, over-matching for a deny. */
  condition(rule: Rule, effect: 'allow' | 'deny', settings: Settings): Condition
  /** The one object that is decided on, recorded and performed. Pure; nothing is repaired. */
  canonical(tool: string, input: Input, settings: Settings): Action | Refusal
  /** The smallest allow rule that would let exactly this action through, as it would stand in a scope file; null where none can. */
  ruleFor(action: RefusedAction): JsonObject | null
  /** What `scope check` should say of rules that are valid but doubtful (a deny narrower than an overlapping allow). */
  warnings(
    rules: readonly TypedRule<Rule>[],
  ): readonly { readonly index: number; readonly message: string }[]
  perform(action: Action, settings: Settings, call: CallContext): Promise<Performed>
}
