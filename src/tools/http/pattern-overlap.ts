import type { PathPattern, PatternSegment } from '../../core/path-pattern.ts'

/** Whether some path may be meant by both patterns. Sure of a no; two globs in one segment count as a yes. */
export function mayOverlap(one: PathPattern, other: PathPattern): boolean {
  return overlap(one.segments, other.segments)
}

/** Whether the first pattern surely means every path that the second means. */
export function covers(wide: PathPattern, narrow: PathPattern): boolean {
  const gap = wide.segments.findIndex((segment) => segment.kind === 'any_segments')
  if (gap === -1) {
    return (
      wide.segments.length === narrow.segments.length &&
      wide.segments.every((segment, at) => coversOne(segment, narrow.segments[at]))
    )
  }
  const front = wide.segments.slice(0, gap)
  const back = wide.segments.slice(gap + 1)
  const fixed = narrow.segments.filter((segment) => segment.kind !== 'any_segments').length
  return (
    fixed >= front.length + back.length &&
    front.every((segment, at) => coversOne(segment, narrow.segments[at])) &&
    back.every((segment, at) =>
      coversOne(segment, narrow.segments[narrow.segments.length - back.length + at]),
    )
  )
}

function overlap(one: readonly PatternSegment[], other: readonly PatternSegment[]): boolean {
  const [first, ...rest] = one
  const [second, ...others] = other
  if (first === undefined && second === undefined) return true
  if (first?.kind === 'any_segments')
    return overlap(rest, other) || (second !== undefined && overlap(one, others))
  if (second?.kind === 'any_segments')
    return overlap(one, others) || (first !== undefined && overlap(rest, other))
  if (first === undefined || second === undefined) return false
  return overlapOne(first, second) && overlap(rest, others)
}

function overlapOne(one: PatternSegment, other: PatternSegment): boolean {
  if (one.kind !== 'literal' || other.kind !== 'literal') return true
  return one.text.toLowerCase() === other.text.toLowerCase()
}

function coversOne(wide: PatternSegment, narrow: PatternSegment | undefined): boolean {
  if (narrow === undefined || narrow.kind === 'any_segments' || wide.kind === 'any_segments')
    return false
  if (wide.kind === 'literal')
    return narrow.kind === 'literal' && narrow.text.toLowerCase() === wide.text.toLowerCase()
  return wide.parts.every((part) => 'any' in part)
}
