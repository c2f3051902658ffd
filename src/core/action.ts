import { canonicalJson, sha256Hex } from './canonical-json.ts'
import { deepFreeze, type JsonObject } from './json.ts'

/**
 * What rules and guardrails may ask about. Numbers are integers; a list is a set of texts; a record nests.
 * A fact that is not there is left out, and `FactsSchema` says that it may be.
 */
export type Fact = string | number | boolean | readonly string[] | { readonly [name: string]: Fact }
export type Facts = { readonly [name: string]: Fact }

/**
 * The one canonical thing that is decided on, recorded and performed. Deeply frozen plain JSON: `facts` are what rules
 * may ask about, `request` is what is sent; both are made once, from the input, before anything decides.
 */
export interface Action {
  readonly v: 1
  /** The catalog's name of the tool. */
  readonly tool: string
  /** The tool's type, `http`. */
  readonly type: string
  /** What is done, in the words of the type: `GET`. */
  readonly verb: string
  /** What it is done to, without the path: an origin, a database, a program. */
  readonly target: string
  /** The path inside the target, for the trail; null where the type has none. */
  readonly path: string | null
  readonly facts: Facts
  readonly request: JsonObject
}

/** Freezes an action, all the way down. */
export function freezeAction(action: Action): Action {
  return deepFreeze(action)
}

/** The SHA-256 of the action's RFC 8785 form: it is in the decision, the approval, the intent and the outcome. */
export function actionId(action: Action): string {
  return sha256Hex(canonicalJson(action))
}
