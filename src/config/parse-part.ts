import type { z } from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import type { ConfigProblem } from '../core/snapshot.ts'
import { issueProblems, type Place } from './issue-problems.ts'
import { knownKeys } from './known-keys.ts'
import { mistake } from './problem.ts'

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/**
 * Reads a part of a file with a schema. Never throws: a schema or check that does is a mistake at that place, so that what
 * it governs is refused.
 *
 * @param alsoKnown keys that the part may have besides, which another schema reads; for "did you mean".
 * @param counts which of the schema's issues are mistakes here; all of them where it is left out.
 */
export function parsePart<T>(
  schema: z.ZodType<T>,
  data: Json,
  place: Place,
  alsoKnown: readonly string[] = [],
  counts: (issue: z.core.$ZodIssue) => boolean = () => true,
): Parsed<T> {
  const parsed = guarded(place, () => schema.safeParse(data))
  if (!parsed.ok) return parsed
  if (parsed.value.success) return { ok: true, value: parsed.value.data }
  const known = (path: readonly PropertyKey[]) => [
    ...knownKeys(schema, path, data),
    ...(path.length === 0 ? alsoKnown : []),
  ]
  return {
    ok: false,
    problems: issueProblems(parsed.value.error.issues.filter(counts), place, known),
  }
}

/** Asks a provider or tool type something about a part of a file; a throw is a mistake at that place. */
export function guarded<T>(place: Place, ask: () => T): Parsed<T> {
  try {
    return { ok: true, value: ask() }
  } catch {
    return {
      ok: false,
      problems: [mistake(place.node.at, `\`${place.name}\` could not be understood`)],
    }
  }
}

/** An object's own entries with these keys, and the rest. */
export function splitKeys(
  value: Json,
  keys: readonly string[],
): { readonly picked: JsonObject; readonly rest: JsonObject } {
  const entries = isJsonObject(value) ? Object.entries(value) : []
  return {
    picked: Object.fromEntries(entries.filter(([key]) => keys.includes(key))),
    rest: Object.fromEntries(entries.filter(([key]) => !keys.includes(key))),
  }
}
