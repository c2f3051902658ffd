import type { Facts } from '../../core/action.ts'
import type { FactsSchema, FactType } from '../../core/facts-schema.ts'
import { percentEncode } from '../../core/http-syntax.ts'
import { foldSegments, PATH_FACTS, pathFacts } from '../../core/path-pattern.ts'
import type { HttpMethod } from './http-method.ts'

/** At most so many query parameters: each is a fact of its own, so that a rule can ask about every one of them. */
export const MAX_QUERY_PAIRS = 32

/** What rules and guardrails may ask of an HTTP call: a public interface. */
export const HTTP_FACTS: FactsSchema = {
  method: { kind: 'text', doc: 'GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE' },
  origin: { kind: 'text', doc: 'scheme, host and port, as the catalog says' },
  path: {
    kind: 'record',
    of: PATH_FACTS,
    doc: 'the segments below base_url, exactly as they are sent',
  },
  folded: {
    kind: 'record',
    doc: 'the same for denials: folded, so that other spellings of a path are the same',
    of: {
      kept: { kind: 'record', of: PATH_FACTS, doc: 'an encoded slash belongs to its segment' },
      split: { kind: 'record', of: PATH_FACTS, doc: 'an encoded slash separates segments' },
    },
  },
  query: {
    kind: 'record',
    of: {
      n: { kind: 'integer', doc: 'number of parameters' },
      keys: { kind: 'texts', doc: 'their names' },
      pairs: { kind: 'texts', doc: 'name=value, as they are sent' },
      folded_keys: { kind: 'texts', doc: 'names for denials: lower case, without [] at the end' },
      folded_pairs: { kind: 'texts', doc: 'the same with their values in lower case, not escaped' },
      ...Object.fromEntries(
        Array.from({ length: MAX_QUERY_PAIRS }, (_, index) => [`q${index}`, pairFact(index)]),
      ),
    },
  },
  headers: { kind: 'texts', doc: 'names of the headers that the agent gave, in lower case' },
  has_body: { kind: 'boolean' },
}

/** What the facts of one call are made of. */
export interface FactsInput {
  readonly method: HttpMethod
  readonly origin: string
  readonly segments: readonly string[]
  readonly query: readonly (readonly [string, string])[]
  readonly headers: readonly string[]
  readonly hasBody: boolean
}

/** The facts of one call. At most `MAX_QUERY_PAIRS` pairs, at most 64 segments. */
export function httpFacts({
  method,
  origin,
  segments,
  query,
  headers,
  hasBody,
}: FactsInput): Facts {
  const { kept, split } = foldSegments(segments)
  const single = query.map(
    ([key, value], index) => [`q${index}`, { key, pair: encodedPair(key, value) }] as const,
  )
  return {
    method,
    origin,
    path: pathFacts(segments),
    folded: { kept: pathFacts(kept), split: pathFacts(split) },
    query: {
      n: query.length,
      keys: distinct(query.map(([key]) => key)),
      pairs: distinct(query.map(([key, value]) => encodedPair(key, value))),
      folded_keys: distinct(query.map(([key]) => foldedKey(key))),
      folded_pairs: distinct(query.map(([key, value]) => foldedPair(key, value))),
      ...Object.fromEntries(single),
    },
    headers: distinct(headers),
    has_body: hasBody,
  }
}

/** One parameter as it is sent: everything but the unreserved characters percent-encoded. */
export function encodedPair(key: string, value: string): string {
  return `${percentEncode(key)}=${percentEncode(value)}`
}

/** A parameter's name for denials: servers differ in case, and in `name[]`. */
export function foldedKey(key: string): string {
  return fold(key.replace(/(?:\[[^\]]*\])+$/, ''))
}

/** A parameter for denials. */
export function foldedPair(key: string, value: string): string {
  return `${foldedKey(key)}=${fold(value)}`
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC').trim()
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}

function pairFact(index: number): FactType {
  return {
    kind: 'record',
    optional: true,
    doc: `parameter number ${index + 1}`,
    of: { key: { kind: 'text' }, pair: { kind: 'text', doc: 'name=value, as it is sent' } },
  }
}
