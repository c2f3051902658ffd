import { namedKind } from './field-name.ts'
import { isCredential } from './field-value.ts'
import { checkBudget, type Finding } from './finding.ts'

/**
 * The end of a name that may be one of a credential, what stands between it and a value (`: `, `=`, `":"`, `\":\"`, `>`), and the
 * value: up to its quote, or to what cannot be in one. INVARIANT: each part is bounded, so that time is linear in the text.
 */
const ASSIGNED =
  /(?:token|secret|key|password|passwd|passphrase|passcode|pwd|jwt|code|data|string|authorization)\\{0,4}["'`]?[ \t]{0,8}(?:=>|:=|[:=>])[ \t]{0,8}(?:(?:bearer|basic|token)[ \t]+)?(?:\\{0,4}"([^"\\\r\n]{6,8192})|\\{0,4}'([^'\\\r\n]{6,8192})|([^\s"'`<>,;&|(){}[\]\\]{6,8192}))/gi

const LONGEST_NAME = 64

/** Values that stand behind a name in a text: YAML, XML, `.env`, a query, JSON in a string, a line of a log. */
export function assignments(text: string): readonly Finding[] {
  const found: Finding[] = []
  for (const match of text.matchAll(ASSIGNED)) {
    const value = match[1] ?? match[2] ?? match[3] ?? ''
    const nameEnd = match.index + (/^[a-z]+/i.exec(match[0])?.[0].length ?? 0)
    const named = namedKind(nameBefore(text, nameEnd))
    if (named === null || !isCredential(value, named)) continue
    const start = match.index + match[0].length - value.length
    found.push({ start, end: start + value.length, kind: named.kind })
    checkBudget(found.length)
  }
  return found
}

/** The name that ends there; of `config.api_key` the last part. */
function nameBefore(text: string, end: number): string {
  let start = end
  while (end - start < LONGEST_NAME && /[A-Za-z0-9_-]/.test(text.charAt(start - 1))) start--
  return text.slice(start, end)
}
