import * as z from 'zod'
import { CATALOG_NAME } from '../../core/agent.ts'

const absolute = z
  .string()
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/])/, 'must be an absolute path')
const segment = z.union([z.string().min(1).max(512), z.int().min(0).max(100_000)])

export const FORMATS = ['yaml', 'json', 'dotenv', 'ini'] as const
export type Format = (typeof FORMATS)[number]

const EXTENSIONS: Readonly<Record<string, Format>> = {
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
  env: 'dotenv',
  ini: 'ini',
}

export const sopsReference = z
  .strictObject({
    file: absolute.describe('The encrypted file'),
    key: z
      .union([z.string().min(1).max(2048), z.array(segment).min(1).max(32)])
      .optional()
      .describe(
        'Where the value is: `db.password`, or `[db, the.password, 0]`; all where left out',
      ),
    format: z.enum(FORMATS).optional().describe('By the name of the file where it is left out'),
    identity: z
      .string()
      .regex(CATALOG_NAME, 'must be the name of a secret of the catalog, never its value')
      .optional()
      .describe('The secret that holds the age identity; no program is then needed'),
    identity_file: absolute.optional().describe('A file that holds it, 0600'),
    program: absolute.optional().describe('The `sops` program, for all its kinds of keys'),
    from_environment: z
      .array(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/))
      .max(32)
      .optional()
      .describe('Variables that the program may see: `[AWS_PROFILE]`'),
  })
  .refine(({ file, format }) => format !== undefined || formatByName(file) !== null, {
    error: `cannot be told from the name of the file: say one of ${FORMATS.join(', ')}`,
    path: ['format'],
  })
  .refine((one) => one.identity === undefined || one.identity_file === undefined, {
    error: 'must not stand beside `identity_file`',
    path: ['identity'],
  })
  .refine((one) => one.identity === undefined || one.program === undefined, {
    error: 'is not for a secret of the catalog, which no other program gets: leave it out',
    path: ['program'],
  })

export type SopsReference = z.infer<typeof sopsReference>

export function formatOf({ file, format }: SopsReference): Format {
  return format ?? formatByName(file) ?? 'yaml'
}

/** The way to the value, from the top. */
export function pathOf({ key }: SopsReference): readonly (string | number)[] {
  return typeof key === 'string' ? key.split('.') : (key ?? [])
}

function formatByName(file: string): Format | null {
  return EXTENSIONS[/[^./\\]*$/.exec(file.toLowerCase())?.[0] ?? ''] ?? null
}
