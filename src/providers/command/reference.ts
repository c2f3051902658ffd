import * as z from 'zod'
import { CATALOG_NAME } from '../../core/agent.ts'

const program = z
  .string()
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/])\P{Cc}+$/u, 'must be an absolute path: nothing is looked up in PATH')

const text = z
  .string()
  .max(8192)
  .regex(/^[^\0]*$/, 'must hold no NUL')

/** RFC 6901. */
const pointer = z
  .string()
  .max(1024)
  .regex(/^(\/([^~/]|~[01])*)+$/, 'must be a JSON Pointer: `/login/password`')

const fieldName = z.string().regex(/^[^/~\p{Cc}]{1,100}$/u, 'must be the name of a field')

const exits = z.array(z.int().min(1).max(255)).min(1).max(32)

const variable = z.union(
  [
    text,
    z.strictObject({
      secret: z
        .string()
        .regex(CATALOG_NAME, 'must be the name of a secret of the catalog, never its value'),
    }),
  ],
  { error: 'must be text, or `{secret: NAME}`' },
)

export const commandReference = z
  .strictObject({
    program: program.describe('Its absolute path; nobody but you may be able to replace it'),
    args: z
      .array(text)
      .max(64)
      .optional()
      .describe('Its arguments, as they are: there is no shell'),
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/), variable)
      .optional()
      .describe('Its environment, besides HOME and PATH: text, or `{secret: NAME}`'),
    json: pointer.optional().describe('Where the value is, if it prints JSON: `/login/password`'),
    fields: z
      .union([
        z.array(fieldName).min(1).max(50),
        z.record(fieldName, pointer).refine((fields) => Object.keys(fields).length > 0),
      ])
      .optional()
      .describe('Several values, if it prints JSON: names, or names with a JSON Pointer each'),
    not_found_exit: exits.optional().describe('The exit codes that mean: there is no such secret'),
    denied_exit: exits.optional().describe('Those that mean: not allowed'),
    locked_exit: exits.optional().describe('Those that mean: the store is locked'),
    not_logged_in_exit: exits.optional().describe('Those that mean: nobody is logged in'),
    unreachable_exit: exits.optional().describe('Those that mean: try again later'),
  })
  .refine(({ json, fields }) => json === undefined || fields === undefined, {
    error: '`json` and `fields` cannot both be given',
    path: ['fields'],
  })
  .refine(
    (reference) => {
      const all = exitLists(reference).flat()
      return new Set(all).size === all.length
    },
    { error: 'gives one exit code two meanings' },
  )

export type CommandReference = z.infer<typeof commandReference>

function exitLists(reference: Readonly<Record<string, unknown>>): readonly unknown[][] {
  return Object.entries(reference).flatMap(([name, list]) =>
    name.endsWith('_exit') && Array.isArray(list) ? [list as unknown[]] : [],
  )
}

/** The secrets that its environment holds. */
export function secretsOfCommand({ env = {} }: CommandReference): readonly string[] {
  const names = Object.values(env).flatMap((one) => (typeof one === 'string' ? [] : [one.secret]))
  return [...new Set(names)]
}
