import * as z from 'zod'
import type { JsonObject } from '../../core/json.ts'
import type { RefusedAction } from '../tool-type.ts'
import { ANY, allowRule } from './rule.ts'

const sent = z.object({ query: z.array(z.tuple([z.string(), z.string()])) })

/**
 * The rule that allows one request and no other. The trail keeps no query, so a rule made from it says nothing of one; null
 * where no rule can say exactly this (a parameter whose value is the word for any value).
 */
export function smallestRule({ verb, path, request }: RefusedAction): JsonObject | null {
  const rule = { methods: [verb], paths: [path ?? '/'] }
  if (request === null) return rule
  const query = new Map<string, Set<string>>()
  for (const [key, value] of sent.parse(request).query) {
    if (value === ANY) return null
    query.set(key, new Set([...(query.get(key) ?? []), value]))
  }
  const pairs = [...query].map(([key, values]): [string, string[]] => [key, [...values]])
  const exact = { ...rule, query: Object.fromEntries(pairs) }
  return allowRule.safeParse(exact).success ? exact : null
}
