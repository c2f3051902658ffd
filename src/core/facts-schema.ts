/**
 * The shape of a tool type's facts, as data: `policy/` makes the public Cedar schema from it, so a name once given here
 * is an interface that other people's guardrails depend on.
 */
export type FactType =
  | {
      readonly kind: 'text' | 'integer' | 'boolean' | 'texts'
      readonly optional?: true
      readonly doc?: string
    }
  | {
      readonly kind: 'record'
      readonly of: FactsSchema
      readonly optional?: true
      readonly doc?: string
    }

export type FactsSchema = { readonly [name: string]: FactType }
