import { BrokerError } from '../core/errors.ts'

/** A stretch of a text that looks like a credential. */
export interface Finding {
  readonly start: number
  readonly end: number
  /** What it looks like, with its article, for people and models: `a github token`. */
  readonly kind: string
}

/** More than any answer of an honest upstream has; what finds them takes time that grows faster than their number. */
const MOST_FINDINGS = 500

/** @throws BrokerError `redaction_failed` where there are too many: the whole message is withheld. */
export function checkBudget(found: number): void {
  if (found <= MOST_FINDINGS) return
  throw new BrokerError(
    'redaction_failed',
    `the message holds more than ${MOST_FINDINGS} things that look like credentials, so it is withheld`,
  )
}

/** In order and apart from each other: what overlaps is one, of the kind that began first. */
export function merged(findings: readonly Finding[]): readonly Finding[] {
  const sorted = [...findings].sort((a, b) => a.start - b.start || b.end - a.end)
  const apart: Finding[] = []
  for (const one of sorted) {
    const last = apart.at(-1)
    if (last === undefined || one.start >= last.end) apart.push(one)
    else if (one.end > last.end) apart[apart.length - 1] = { ...last, end: one.end }
  }
  return apart
}
