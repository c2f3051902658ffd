import { assignments } from './assignments.ts'
import { checkBudget, type Finding, merged } from './finding.ts'
import { ownShapes } from './own-shapes.ts'
import { RULE_KINDS } from './rule-kinds.ts'

/** A text is read in pieces, so that no other call waits long and the rules' time stays bounded. */
const WINDOW = 65_536
/** Pieces overlap by this; what is longer is found in parts, which are joined. */
export const OVERLAP = 16_384

/**
 * Everything in a text that looks like a credential, in order and apart from each other.
 *
 * @throws BrokerError `redaction_failed` where there are too many.
 */
export async function scanText(text: string): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (let at = 0; at === 0 || at + OVERLAP < text.length; at += WINDOW) {
    if (at > 0) await othersFirst()
    const piece =
      at === 0 && text.length <= WINDOW + OVERLAP ? text : text.slice(at, at + WINDOW + OVERLAP)
    for (const one of await scanPiece(piece)) {
      found.push({ ...one, start: one.start + at, end: one.end + at })
    }
    checkBudget(found.length)
  }
  return merged(found)
}

async function scanPiece(text: string): Promise<readonly Finding[]> {
  const own = [...ownShapes(text), ...assignments(text)]
  // The rules are loaded with the first text that may hold something for them.
  const names = rulesFor(text)
  if (names.length === 0) return own
  const { lint } = await import('./lint-rules.ts')
  const linted = await lint(text, names)
  return [
    ...own,
    ...linted.map((one) => ({ ...one, kind: RULE_KINDS[one.kind]?.kind ?? 'a credential' })),
  ]
}

/** The rules that may find something: those whose anchor is there. */
function rulesFor(text: string): readonly string[] {
  return Object.entries(RULE_KINDS)
    .filter(([, { anchor }]) => anchor.test(text))
    .map(([name]) => name)
}

function othersFirst(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
