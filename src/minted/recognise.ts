import type { Json } from '../core/json.ts'
import { isCredential, SCHEME } from './field-value.ts'
import { checkBudget, type Finding, merged } from './finding.ts'
import { type Leaf, leavesOf, WANTED, withTexts } from './leaves.ts'
import { OVERLAP, scanText } from './scan-text.ts'

/** A credential that nobody registered, as it stood in an answer. */
export interface MintedValue {
  readonly value: string
  /** What it looks like, with its article: `a github token`. */
  readonly kind: string
  /** True for the value at the pointer that was asked for. */
  readonly wanted: boolean
}

/** What was recognised in an answer, and the answer without it. */
export interface Recognised<T> {
  readonly values: readonly MintedValue[]
  /** The answer with a marker in each value's place, in the order of `values`. */
  without(markers: readonly string[]): T
}

/**
 * Finds what looks like a credential in a text. Where the text is only the start of one, its end is left out, since what is cut
 * there may be the start of a credential.
 *
 * @throws BrokerError `redaction_failed` where there is more of it than an honest answer has.
 */
export async function recogniseText(text: string, complete: boolean): Promise<Recognised<string>> {
  const all = await scanText(text)
  const until = complete ? text.length : Math.max(0, text.length - OVERLAP)
  const findings = all.filter(({ start }) => start < until)
  const end = Math.max(until, findings.at(-1)?.end ?? 0)
  return {
    values: findings.map((one) => ({
      value: text.slice(one.start, one.end),
      kind: one.kind,
      wanted: false,
    })),
    without: (markers) => replaced(text.slice(0, end), findings, markers),
  }
}

/**
 * Finds what looks like a credential in the texts of a JSON value, by its shape or by the name of its field.
 *
 * @param wanted an RFC 6901 pointer to a text that is one, whatever it looks like; null for none.
 * @throws BrokerError `redaction_failed` where there is more of it than an honest answer has.
 */
export async function recogniseJson(value: Json, wanted: string | null): Promise<Recognised<Json>> {
  const leaves = leavesOf(value, wanted)
  const found = await findInLeaves(leaves)
  const values = found.flatMap((findings, index) =>
    findings.map(({ start, end, kind }) => ({
      value: leaves[index]?.text.slice(start, end) ?? '',
      kind,
      wanted: kind === WANTED,
    })),
  )
  return {
    values,
    without(markers) {
      if (values.length === 0) return value
      let next = 0
      const texts = leaves.map(({ text }, index) => {
        const findings = found[index] ?? []
        const own = markers.slice(next, next + findings.length)
        next += findings.length
        return replaced(text, findings, own)
      })
      return withTexts(value, texts)
    },
  }
}

/** By leaf. The texts are scanned as one, since each scan has a cost of its own, and since a key may stand in a list of lines. */
async function findInLeaves(leaves: readonly Leaf[]): Promise<readonly (readonly Finding[])[]> {
  const shapes = await scanText(leaves.map(({ text }) => text).join('\n'))
  let at = 0
  let next = 0
  let count = 0
  return leaves.map(({ text, named, certain }) => {
    const [from, to] = [at, at + text.length]
    at = to + 1
    const own: Finding[] = []
    if (certain !== null && text !== '') own.push({ start: 0, end: text.length, kind: certain })
    else if (named !== null && isCredential(text, named)) {
      own.push({ start: SCHEME.exec(text)?.[0].length ?? 0, end: text.length, kind: named.kind })
    }
    for (;;) {
      const shape = shapes[next]
      if (shape === undefined || shape.start >= to) break
      const start = Math.max(shape.start, from) - from
      const end = Math.min(shape.end, to) - from
      // A shape says more than the name of a field does.
      if (end > start)
        own.unshift({ start, end, kind: own[0]?.kind === WANTED ? WANTED : shape.kind })
      if (shape.end > to) break
      next += 1
    }
    const apart = merged(own)
    count += apart.length
    checkBudget(count)
    return apart
  })
}

function replaced(text: string, findings: readonly Finding[], markers: readonly string[]): string {
  let out = ''
  let at = 0
  for (const [index, { start, end }] of findings.entries()) {
    out += text.slice(at, start) + (markers[index] ?? '')
    at = end
  }
  return out + text.slice(at)
}
