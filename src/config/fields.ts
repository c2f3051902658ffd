import * as z from 'zod'
import { AGENT_NAME, CATALOG_NAME } from '../core/agent.ts'
import type { Limit, LimitWindow } from '../core/rule.ts'
import { Minted } from './minted-field.ts'

/** How long a secret may be kept at most. */
const MAX_CACHE_MS = 86_400_000

/** How long a call may wait for one secret at most. */
const MAX_TIMEOUT_MS = 120_000

const DURATION_WORDS = 'must be a length of time: `30s`, `5m`, `1h` or `0`'
const LIMIT_WORDS = 'must be a number and a window: `100/hour` (second, minute, hour or day)'
const EXPIRES_WORDS =
  'must be a date (`2027-03-31`) or a time with its zone (`2027-03-31T18:00:00Z`)'
const EXPIRES_PATTERN = /^\d{4}-\d\d-\d\d([Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d))?$/

/** `5m`, `30s`, `1h`, `0`: in ms. */
const Duration = z
  .union(
    [z.literal(0), z.string().regex(/^(0|[1-9][0-9]{0,4}[smh])$/, DURATION_WORDS)],
    DURATION_WORDS,
  )
  .transform((text) => durationMs(String(text)))
  .refine((ms) => ms <= MAX_CACHE_MS, 'must be at most `24h`')

const Timeout = Duration.refine((ms) => ms >= 1_000 && ms <= MAX_TIMEOUT_MS, 'must be `1s` to `2m`')

const LimitText = z.string().regex(/^[1-9][0-9]{0,8}\/(second|minute|hour|day)$/, LIMIT_WORDS)

/** `100/hour`: one limit, or several that all count. */
export const Limits = z
  .union([LimitText, z.array(LimitText).min(1).max(8)], LIMIT_WORDS)
  .describe('At most so many attempts in any window of that length: `100/hour`')
  .transform((limits) => [...new Set([limits].flat())].map(parseLimit))

/** A date (valid to its end, UTC) or an RFC 3339 time, as the first moment at which it is no longer valid, in ms. */
export const Expires = z
  .string(EXPIRES_WORDS)
  .regex(EXPIRES_PATTERN, EXPIRES_WORDS)
  .describe('A date, valid to its end in UTC, or an RFC 3339 time')
  .transform((text, context) => {
    const at = expiryMs(text)
    if (at !== null) return at
    context.addIssue({ code: 'custom', message: EXPIRES_WORDS })
    return z.NEVER
  })

const Approval = z.literal('human').describe('Who has to say yes to each call')

/** What a tag is called. */
const TagName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{0,39}$/,
    'must be lower-case letters, digits, `-` and `_`, a letter first',
  )

/** What a tag says. */
const TagValue = z.string().min(1).max(100)

export const AgentName = z
  .string()
  .regex(AGENT_NAME, 'must be lower-case letters, digits and `-`, at most 40, a letter first')

export const CatalogName = z
  .string()
  .regex(
    CATALOG_NAME,
    'must be lower-case letters, digits, `-` and `_`, at most 40, a letter first, without the prefix `keyhand_`',
  )

/** What scope rules and guardrails may ask of a secret. */
const Tags = z
  .record(TagName, TagValue)
  .describe('What scope rules may ask of it: `environment: production`')

/** What an entry of `providers` may say, besides the fields of its provider's reference. */
export const InstanceFields = z.object({
  type: z
    .string()
    .describe('Which provider it is; the name itself where it is left out')
    .optional(),
  cache: Duration.describe(
    'How long a value may be used without asking again: `30s`, `5m`, `1h`; `0` is not at all',
  ).optional(),
  stale_if_error: Duration.describe(
    'How long after `cache` a value may still be used where its provider cannot be reached',
  ).optional(),
  timeout: Timeout.describe('How long one fetch may take, tries included: `10s`').optional(),
  watch: z
    .enum(['always', 'used'])
    .describe(
      'When the value is registered for redaction: before the first answer, or when it is used',
    )
    .optional(),
})

/** What every secret may say, besides its provider's reference. */
export const SecretFields = InstanceFields.omit({ type: true }).extend({
  provider: z.string().describe('Where the value lives'),
  tags: Tags.optional(),
  redact: z
    .enum(['full', 'exact-word', 'off'])
    .describe(
      'How the value is looked for in what leaves: in every form (`full`, which holds where nothing is said); for a PIN or a dictionary word only as a word by itself (`exact-word`), or not at all (`off`)',
    )
    .optional(),
  rotation: z
    .literal('overlap')
    .describe('For an upstream that knows the old value and the new one for a while; with `grace`')
    .optional(),
  grace: Duration.describe(
    'How long after a new version was made the one before it may be tried where the new one is refused',
  ).optional(),
})

/** What every tool may say, besides its type's settings. */
export const ToolFields = z.object({
  type: z.string().describe('What kind of tool it is'),
  description: z.string().min(1).max(1000).describe('What it is, for the model').optional(),
  minted: Minted.optional(),
})

/** What every allow rule may say, besides its tool type's dimensions. */
export const AllowFields = z.object({
  approval: Approval.optional(),
  limit: Limits.optional(),
  secrets: z
    .strictObject({
      tags: z
        .record(TagName, z.array(TagValue).min(1).max(20))
        .refine((tags) => Object.keys(tags).length > 0, 'must not be empty')
        .describe('By name of tag the values of which each secret carries one'),
    })
    .describe('What every secret that the tool needs must carry')
    .optional(),
})

function durationMs(text: string): number {
  const unit = { s: 1_000, m: 60_000, h: 3_600_000 }[text.at(-1) ?? ''] ?? 0
  return unit === 0 ? 0 : Number(text.slice(0, -1)) * unit
}

function expiryMs(text: string): number | null {
  const date = text.slice(0, 10)
  const midnight = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return null
  if (text.length === 10) return midnight + 86_400_000
  // ECMAScript takes 24:00 as the next day's start; RFC 3339 does not know it.
  if (text.slice(11, 13) === '24') return null
  const at = Date.parse(text.toUpperCase())
  return Number.isNaN(at) ? null : at
}

function parseLimit(text: string): Limit {
  const [count, window] = text.split('/')
  return { count: Number(count), window: windowOf(window) }
}

function windowOf(text: string | undefined): LimitWindow {
  return text === 'second' || text === 'minute' || text === 'hour' ? text : 'day'
}
