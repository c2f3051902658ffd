import { isRefusal, type Refusal } from './refusal.ts'
import type { SecretEntry } from './snapshot.ts'

/** These secrets, and all that their providers log in with, by name; what has a mistake is left out. */
export function neededSecrets(
  names: Iterable<string>,
  secrets: ReadonlyMap<string, SecretEntry | Refusal>,
): readonly SecretEntry[] {
  const found = new Map<string, SecretEntry>()
  const add = (entry: SecretEntry) => {
    if (found.has(entry.name)) return
    found.set(entry.name, entry)
    entry.needs.forEach(add)
  }
  for (const name of names) {
    const entry = secrets.get(name)
    if (entry !== undefined && !isRefusal(entry)) add(entry)
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
