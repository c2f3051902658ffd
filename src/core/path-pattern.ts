import { isDeepStrictEqual } from 'node:util'
import type { Facts } from './action.ts'
import type { Condition, FactPath, GlobPart } from './condition.ts'
import type { FactsSchema, FactType } from './facts-schema.ts'
import { foldText, trimDots, trimSegment } from './path-fold.ts'
import { MAX_SEGMENTS, type PathFault, pathSegments } from './path-text.ts'

/** One segment of a pattern: a text, a glob inside the segment, or `**`. */
export type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'glob'; readonly parts: readonly GlobPart[] }
  | { readonly kind: 'any_segments' }

export interface PathPattern {
  /** As it was written. */
  readonly text: string
  readonly segments: readonly PatternSegment[]
}

/**
 * Reads `/repos/acme/*` + `/x/**`: `*` is any run of characters inside one segment, at least one when alone; `**` is a whole segment
 * by itself, zero or more segments, at most once. Its text has to be canonical as a path's has (`pathSegments`).
 */
export function parsePathPattern(text: string): PathPattern | PathFault {
  const segments = pathSegments(text)
  if ('error' in segments) return segments
  const joined = segments.find((segment) => segment.includes('**') && segment !== '**')
  if (joined !== undefined) {
    return {
      error: `\`${text}\` has \`**\` inside a segment`,
      fix: 'write `**` as a segment by itself, `/**`, or `*` for a part of one segment',
    }
  }
  if (segments.filter((segment) => segment === '**').length > 1) {
    return { error: `\`${text}\` has \`**\` twice`, fix: 'write two rules, each with one `**`' }
  }
  const lenient = segments.find((segment) => /^\.{1,2}$/.test(foldText(segment)))
  if (lenient !== undefined) {
    return { error: `\`${text}\` has an escaped \`.\` or \`..\``, fix: 'write the path without it' }
  }
  return { text, segments: segments.map(patternSegment) }
}

/** True of exactly the paths that the pattern means; for `allow`. `fact` is a record of `PATH_FACTS`. */
export function exactPath(pattern: PathPattern, fact: FactPath): Condition {
  return segmentsCondition(pattern.segments, fact, exactSegment)
}

/**
 * True of every path that the pattern means and of all that an upstream might take for one of those; for `deny`. `facts` are the
 * records made of `foldSegments`' views; `exact` is the record of the path itself, since a glob's literal may stand in the middle of
 * an escape, which the views no longer show.
 */
export function overMatchingPath(
  pattern: PathPattern,
  facts: readonly FactPath[],
  exact: FactPath = ['path'],
): Condition {
  const kept = foldPattern(pattern.segments, false)
  const split = foldPattern(pattern.segments, true)
  const forms = isDeepStrictEqual(split, kept) ? [kept] : [kept, split]
  const folded = facts.flatMap((fact) =>
    forms.map((form) => segmentsCondition(form, fact, foldedSegment)),
  )
  const globs = pattern.segments.some((segment) => segment.kind === 'glob')
  return anyOf(globs ? [exactPath(pattern, exact), ...folded] : folded)
}

/** A path's segments as facts: how many there are, and the first and last 64 counted from both ends. `/` has none. */
export function pathFacts(path: readonly string[]): Facts {
  const segments = withoutRoot(path)
  const facts: Record<string, string | number> = { n: segments.length }
  for (const [index, text] of segments.slice(0, MAX_SEGMENTS).entries()) facts[`f${index}`] = text
  for (const [index, text] of segments.slice(-MAX_SEGMENTS).toReversed().entries()) {
    facts[`b${index}`] = text
  }
  return facts
}

/** The shape of `pathFacts`. */
export const PATH_FACTS: FactsSchema = {
  n: { kind: 'integer', doc: 'How many segments there are' },
  ...segmentTypes('f', 'Segments from the front'),
  ...segmentTypes('b', 'Segments from the back'),
}

/**
 * A path as lenient upstreams might read it: folded (`foldText`), without matrix parameters, trailing dots, empty segments and
 * trailing slash. `kept` leaves a decoded slash inside its segment; `split` splits there and resolves `..`.
 */
export function foldSegments(segments: readonly string[]): { kept: string[]; split: string[] } {
  const folded = segments.map(foldText)
  const kept = folded.map(trimSegment).filter((segment) => segment !== '')
  const split: string[] = []
  for (const segment of folded.flatMap((text) => text.split('/'))) {
    const trimmed = trimSegment(segment)
    if (segment === '..') split.pop()
    else if (trimmed !== '') split.push(trimmed)
  }
  return { kept, split }
}

/** True where the pattern means this path, exactly; without Cedar, for warnings. */
export function matchesPath(pattern: PathPattern, path: readonly string[]): boolean {
  const segments = withoutRoot(path)
  const gap = pattern.segments.findIndex((segment) => segment.kind === 'any_segments')
  const fits = (parts: readonly PatternSegment[], texts: readonly string[]) =>
    parts.every((part, index) => matchesSegment(part, texts[index]))
  if (gap === -1) {
    return pattern.segments.length === segments.length && fits(pattern.segments, segments)
  }
  const front = pattern.segments.slice(0, gap)
  const back = pattern.segments.slice(gap + 1)
  return (
    segments.length >= front.length + back.length &&
    fits(front, segments) &&
    fits(back, segments.slice(segments.length - back.length))
  )
}

// `/` split at its slash gives one empty segment; it has none.
function withoutRoot(path: readonly string[]): readonly string[] {
  return path.length === 1 && path[0] === '' ? [] : path
}

function patternSegment(text: string): PatternSegment {
  if (text === '**') return { kind: 'any_segments' }
  if (!text.includes('*')) return { kind: 'literal', text }
  const literals = text.split('*')
  const parts = literals.flatMap((literal, index): GlobPart[] => [
    ...(index === 0 ? [] : [{ any: true } as const]),
    ...(literal === '' ? [] : [{ literal }]),
  ])
  return { kind: 'glob', parts }
}

function segmentsCondition(
  segments: readonly PatternSegment[],
  fact: FactPath,
  one: (segment: PatternSegment, fact: FactPath) => Condition,
): Condition {
  const gap = segments.findIndex((segment) => segment.kind === 'any_segments')
  const count = [...fact, 'n']
  if (gap === -1) {
    const fits = segments.map((segment, index) => one(segment, [...fact, `f${index}`]))
    return allOf([{ op: 'equals', fact: count, value: segments.length }, ...fits])
  }
  const front = segments.slice(0, gap)
  const back = segments.slice(gap + 1).toReversed()
  const needed = front.length + back.length
  return allOf([
    ...(needed === 0 ? [] : [{ op: 'at_least', fact: count, value: needed } as const]),
    ...front.map((segment, index) => one(segment, [...fact, `f${index}`])),
    ...back.map((segment, index) => one(segment, [...fact, `b${index}`])),
  ])
}

function exactSegment(segment: PatternSegment, fact: FactPath): Condition {
  if (segment.kind === 'literal') return { op: 'equals', fact, value: segment.text }
  if (segment.kind === 'any_segments') return { op: 'true' }
  if (!isAlone(segment.parts)) return { op: 'glob', fact, parts: segment.parts }
  return { op: 'not', of: { op: 'equals', fact, value: '' } }
}

// INVARIANT: folded views have no empty segments, and the count has been asked before, so a `*` alone fits any segment.
function foldedSegment(segment: PatternSegment, fact: FactPath): Condition {
  if (segment.kind !== 'glob') return exactSegment(segment, fact)
  if (isAlone(segment.parts)) return { op: 'true' }
  const glob: Condition = { op: 'glob', fact, parts: segment.parts }
  const end = trimParts(segment.parts.slice(0, -1))
  return endsInDot(segment.parts) && end.length > 0
    ? anyOf([glob, { op: 'glob', fact, parts: end }])
    : glob
}

// `report.*` also means `report.`, whose folded form is `report`.
function endsInDot(parts: readonly GlobPart[]): boolean {
  const [before, last] = parts.slice(-2)
  return last !== undefined && 'any' in last && trimmable(before)
}

function trimmable(part: GlobPart | undefined): boolean {
  return part !== undefined && 'literal' in part && /[. ]$/.test(part.literal)
}

function isAlone(parts: readonly GlobPart[]): boolean {
  return parts.every((part) => 'any' in part)
}

function foldPattern(segments: readonly PatternSegment[], split: boolean): PatternSegment[] {
  return segments.flatMap((segment): PatternSegment[] => {
    if (segment.kind === 'any_segments') return [segment]
    const parts = segment.kind === 'literal' ? [{ literal: segment.text }] : segment.parts
    const folded = parts.map((part) => ('any' in part ? part : { literal: foldText(part.literal) }))
    return (split ? splitParts(folded) : [folded]).flatMap(foldedParts)
  })
}

function foldedParts(parts: readonly GlobPart[]): PatternSegment[] {
  const trimmed = trimParts(cutParameters(parts))
  const [first] = trimmed
  if (first === undefined) return []
  if (trimmed.length === 1 && 'literal' in first) return [{ kind: 'literal', text: first.literal }]
  return [{ kind: 'glob', parts: trimmed }]
}

function splitParts(parts: readonly GlobPart[]): GlobPart[][] {
  const segments: GlobPart[][] = [[]]
  for (const part of parts) {
    const [head = '', ...tail] = 'any' in part ? [] : part.literal.split('/')
    segments.at(-1)?.push('any' in part ? part : { literal: head })
    for (const literal of tail) segments.push([{ literal }])
  }
  return segments
}

function cutParameters(parts: readonly GlobPart[]): GlobPart[] {
  const cut = parts.findIndex((part) => 'literal' in part && part.literal.includes(';'))
  const last = parts[cut]
  if (last === undefined || 'any' in last) return [...parts]
  return [...parts.slice(0, cut), { literal: last.literal.slice(0, last.literal.indexOf(';')) }]
}

function trimParts(parts: readonly GlobPart[]): GlobPart[] {
  const kept = parts.filter((part) => 'any' in part || part.literal !== '')
  const last = kept.at(-1)
  if (last === undefined || 'any' in last) return kept
  const literal = trimDots(last.literal)
  return literal === '' ? kept.slice(0, -1) : [...kept.slice(0, -1), { literal }]
}

function matchesSegment(segment: PatternSegment, text: string | undefined): boolean {
  if (text === undefined) return false
  if (segment.kind === 'any_segments') return true
  if (segment.kind === 'literal') return segment.text === text
  return isAlone(segment.parts) ? text !== '' : matchesGlob(segment.parts, text)
}

// The first place for each literal is as good as any; only the last one has to stand at the end. Linear, whatever the text.
function matchesGlob(parts: readonly GlobPart[], text: string): boolean {
  const last = parts.at(-1)
  let at = 0
  let open = false
  for (const part of parts) {
    if ('any' in part) {
      open = true
      continue
    }
    const { literal } = part
    const end = part === last ? text.length - literal.length : -1
    const found = !open ? at : end === -1 ? text.indexOf(literal, at) : end
    if (found < at || !text.startsWith(literal, found)) return false
    at = found + literal.length
    open = false
  }
  return open || at === text.length
}

function allOf(of: readonly Condition[]): Condition {
  const needed = of.filter((condition) => condition.op !== 'true')
  const [only] = needed
  if (only === undefined) return { op: 'true' }
  return needed.length === 1 ? only : { op: 'all', of: needed }
}

function anyOf(of: readonly Condition[]): Condition {
  const [only] = of
  return only !== undefined && of.length === 1 ? only : { op: 'any', of }
}

function segmentTypes(prefix: string, doc: string): FactsSchema {
  const types: Record<string, FactType> = {}
  for (let index = 0; index < MAX_SEGMENTS; index++) {
    types[`${prefix}${index}`] = { kind: 'text', optional: true, ...(index === 0 ? { doc } : {}) }
  }
  return types
}
