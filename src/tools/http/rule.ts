import * as z from 'zod'
import { parsePathPattern } from '../../core/path-pattern.ts'
import { HTTP_METHODS } from './http-method.ts'

/** The word for "all of them". */
export const ANY = 'ANY'

/** An `allow` or `deny` of a scope file. In a deny any dimension may be missing: it then means any. */
export interface HttpRule {
  readonly methods?: readonly string[] | undefined
  readonly paths?: readonly string[] | undefined
  /** By name of parameter: the values that it may have (allow), or that are meant (deny). `[ANY]` is any value. */
  readonly query?: Readonly<Record<string, readonly string[]>> | undefined
}

const MAX_ENTRIES = 100

const methods = z
  .array(z.enum([...HTTP_METHODS, ANY]))
  .min(1, 'is empty: name a method, or write [ANY]')
  .refine(
    (list) => !list.includes(ANY) || list.length === 1,
    'has `ANY` beside methods that it includes: write [ANY]',
  )
  .describe(
    'HTTP methods, e.g. [GET, HEAD]; HEAD and OPTIONS are not implied by GET. [ANY] is every method.',
  )

const paths = z
  .array(
    z.string().superRefine((text, context) => {
      const pattern = parsePathPattern(text)
      if ('error' in pattern) {
        context.addIssue({ code: 'custom', message: pattern.error, params: { fix: pattern.fix } })
      }
    }),
  )
  .min(1, 'is empty: name a path, or write [/**]')
  .max(MAX_ENTRIES)
  .describe(
    'Paths below base_url: `*` is a run of characters in one segment, `**` any number of segments.',
  )

const values = z
  .array(z.string().max(1_024))
  .min(1, 'is empty: name a value, or write [ANY]')
  .max(MAX_ENTRIES)
  .refine(
    (list) => !list.includes(ANY) || list.length === 1,
    'has `ANY` beside values that it includes: write [ANY]',
  )

const query = z
  .record(z.string().min(1).max(128), values)
  .refine(
    (record) => Object.keys(record).length <= MAX_ENTRIES,
    `has more than ${MAX_ENTRIES} parameters`,
  )

/** What an `allow` says: all dimensions, each written out. */
export const allowRule = z.strictObject({
  methods,
  paths,
  query: query
    .describe(
      'The only query parameters that may be sent, each with its values or [ANY]; {} is none. Without it any query is allowed.',
    )
    .optional(),
})

/** What a `deny` says: any dimension may be missing, not all of them. */
export const denyRule = z
  .strictObject({
    methods: methods.optional(),
    paths: paths.optional(),
    query: query
      .refine(
        (record) => Object.keys(record).length > 0,
        'is empty: name a parameter, or leave `query` out',
      )
      .describe('Query parameters that are refused, each with its values or [ANY].')
      .optional(),
  })
  .refine(
    (rule) => rule.methods !== undefined || rule.paths !== undefined || rule.query !== undefined,
    'says nothing: name `methods`, `paths` or `query` (to deny everything, write paths: [/**])',
  )
