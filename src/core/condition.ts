/** Where a fact stands: `['path', 'f0']` is `context.path.f0`. */
export type FactPath = readonly string[]

/** A piece of a glob over one text: literal characters, or any run of characters (may be empty). */
export type GlobPart = { readonly literal: string } | { readonly any: true }

/**
 * What a rule asks of an action's facts, as data. `policy/` compiles it to Cedar's JSON form, never to text, and guards each
 * optional fact with `has`: a test of a fact that is not there is false (so `not` of it is true).
 */
export type Condition =
  | { readonly op: 'true' }
  | { readonly op: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | { readonly op: 'has'; readonly fact: FactPath }
  | { readonly op: 'equals'; readonly fact: FactPath; readonly value: string | number | boolean }
  | { readonly op: 'one_of'; readonly fact: FactPath; readonly values: readonly string[] }
  | { readonly op: 'glob'; readonly fact: FactPath; readonly parts: readonly GlobPart[] }
  | { readonly op: 'at_least' | 'at_most'; readonly fact: FactPath; readonly value: number }
  | { readonly op: 'subset_of'; readonly fact: FactPath; readonly values: readonly string[] }
  | { readonly op: 'contains'; readonly fact: FactPath; readonly value: string }
