import type { SecretReport } from '../../compose-owner.ts'
import type { SecretEntry } from '../../core/snapshot.ts'

/** Why redaction of a secret is weaker than it could be, for its owner. INVARIANT: of a value it says a class of lengths, nothing finer. */
export interface RedactionWarning {
  /** `weak`: a short or guessable value. `relaxed`: what the catalog says lets it through. `needless`: and it need not. */
  readonly reason: 'weak' | 'relaxed' | 'needless'
  /** Null where it is about the secret as a whole. */
  readonly field: string | null
  /** One line, lower case, no full stop. */
  readonly text: string
  readonly fix: string
}

type Strength = NonNullable<SecretReport['fields'][number]['strength']>

/**
 * What there is to warn of, of one secret.
 *
 * @param report null where it does not resolve: what the catalog says of it is warned of all the same.
 * @param under said behind the name: ` under profile dev`.
 */
export function redactionWarnings(
  { name, redact }: Pick<SecretEntry, 'name' | 'redact'>,
  report: Pick<SecretReport, 'fields'> | null,
  under = '',
): readonly RedactionWarning[] {
  const warnings: RedactionWarning[] = []
  if (redact !== 'full') {
    const { text, fix } = RELAXED[redact]
    warnings.push({ reason: 'relaxed', field: null, text: `${name}${under} ${text}`, fix })
  }
  for (const { field, strength } of report?.fields ?? []) {
    if (strength === null) continue
    const subject = `${fieldName(name, field)}${under}`
    if (redact === 'full' && strength.weak) {
      const text = `${subject} is weak (${weakness(strength)}): an honest answer that happens to hold the same text is mangled, and one that echoes it could be used to guess it`
      warnings.push({ reason: 'weak', field, text, fix: WEAK_FIX })
    } else if (redact !== 'full' && !strength.weak) {
      const text = `${subject} is strong: there is no reason for \`redact: ${redact}\`, since no honest answer happens to hold it`
      warnings.push({ reason: 'needless', field, text, fix: 'take `redact` out of its entry' })
    }
  }
  return warnings
}

/** `orders_login.password`; the name alone where the secret is one value. */
export function fieldName(name: string, field: string): string {
  return field === 'value' ? name : `${name}.${field}`
}

const WEAK_FIX =
  'replace it by a longer one where it came from; where it has to stay so, `redact: exact-word` in its entry mangles less and removes less'

const RELAXED = {
  'exact-word': {
    text: 'is removed only where it is a word by itself (`redact: exact-word`): its encodings, and parts of it, are not, and an input may hold it',
    fix: 'that is for a value that cannot be longer: replace it by a longer one where it came from, and take `redact` out, where you can',
  },
  off: {
    text: 'is not removed at all (`redact: off`): an answer that echoes it shows it to the agent, and an input may hold it',
    fix: '`redact: exact-word` removes it at least where it is a word by itself; a longer value needs neither',
  },
} as const

function weakness({ lengthClass }: Strength): string {
  const short = ['0', '1-7', '8-15'].includes(lengthClass)
  return short
    ? `${lengthClass} characters are few; under 64 bits`
    : 'words, repeats or a sequence; under 64 bits'
}
