import { neededSecrets } from './needed-secrets.ts'
import type { Refusal } from './refusal.ts'
import type { ScopeRule } from './rule.ts'
import type { SecretEntry } from './snapshot.ts'

/** What the secrets of a tool carry: by name of tag each value that one of them has, and `''` where one has no such tag. */
export type SecretTags = ReadonlyMap<string, readonly string[]>

/** The tags of these secrets. A tool without a secret has none, so that no rule which asks for a tag fits it. */
export function tagsOf(
  names: readonly string[],
  secrets: ReadonlyMap<string, SecretEntry | Refusal>,
): SecretTags {
  const own = new Set(names)
  const entries = neededSecrets(names, secrets).filter(({ name }) => own.has(name))
  const tags = new Set(entries.flatMap((entry) => Object.keys(entry.tags)))
  const carriedBy = (entry: SecretEntry, tag: string) =>
    Object.hasOwn(entry.tags, tag) ? (entry.tags[tag] ?? '') : ''
  return new Map(
    [...tags].map((tag) => [
      tag,
      [...new Set(entries.map((entry) => carriedBy(entry, tag)))].sort(),
    ]),
  )
}

/** Whether every secret carries what the rule asks for. Policy decides the same; this is for what is shown. */
export function tagsFit({ secretTags }: Pick<ScopeRule, 'secretTags'>, tags: SecretTags): boolean {
  return Object.entries(secretTags ?? {}).every(([tag, wanted]) => {
    const carried = tags.get(tag)
    return carried?.every((value) => wanted.includes(value)) === true
  })
}
