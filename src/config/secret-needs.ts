import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { ConfigProblem, SecretEntry } from '../core/snapshot.ts'
import { findText, noSuchSecret, type ReadSecret } from './catalog-entry.ts'
import { mistake, refusalOf } from './problem.ts'

/**
 * Joins each secret with those that its provider logs in with. A name that is not there, a cycle and a mistake in what is
 * needed refuse the secret that needs it.
 */
export function connectSecrets(read: ReadonlyMap<string, ReadSecret | Refusal>): {
  readonly secrets: Map<string, SecretEntry | Refusal>
  readonly problems: readonly ConfigProblem[]
} {
  const secrets = new Map<string, SecretEntry | Refusal>()
  const problems: ConfigProblem[] = []

  const connect = (name: string, above: readonly string[]): SecretEntry | Refusal | null => {
    const known = secrets.get(name)
    if (known !== undefined) return known
    const one = read.get(name)
    if (one === undefined) return null
    const made = isRefusal(one) ? one : joined(one, [...above, name])
    secrets.set(name, made)
    return made
  }

  const joined = (
    { entry, needs, place }: ReadSecret,
    above: readonly string[],
  ): SecretEntry | Refusal => {
    const found: SecretEntry[] = []
    for (const needed of needs) {
      if (above.includes(needed)) {
        const way = [...above.slice(above.indexOf(needed)), needed].map((step) => `\`${step}\``)
        const message = `to fetch ${way.join(', keyhand needs ')}: that has no start`
        return fail(
          mistake(
            findText(place.node, needed) ?? place.key,
            message,
            'let one of them come from a provider that needs no secret: the keychain or the encrypted file',
          ),
        )
      }
      const other = connect(needed, above)
      if (other === null) return fail(noSuchSecret(place.node, needed, read.keys()))
      if (isRefusal(other)) {
        const message = `the secret \`${needed}\` that its provider logs in with cannot be used: ${other.message}`
        return refuse('config_error', message, other.fix)
      }
      found.push(other)
    }
    return { ...entry, needs: found }
  }

  const fail = (problem: ConfigProblem): Refusal => {
    problems.push(problem)
    return refusalOf([problem]) ?? refuse('config_error', problem.message)
  }

  for (const name of read.keys()) connect(name, [])
  return { secrets, problems }
}
