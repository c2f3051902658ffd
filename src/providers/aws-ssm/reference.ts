import * as z from 'zod'
import { checkConnection, connectionFields } from '../aws-client/connection.ts'

/** What AWS allows in a name; a `:` would be read as a selector. */
const parameter = z
  .string()
  .max(2048)
  .regex(
    /^(arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter\/)?[\w./-]+$/,
    'must be a name such as `/prod/api/key`, or an ARN; `version` and `label` stand beside it',
  )

const path = z
  .string()
  .max(1024)
  .regex(/^\/([\w.-]+\/)*\*$/, 'must be a path that ends with `/*`: `/prod/api/*`')

export const ssmReference = z
  .strictObject({
    name: parameter.optional().describe('One parameter: `/prod/api/key`, or its ARN'),
    path: path
      .optional()
      .describe('Every parameter right below a path, each as a field: `/prod/api/*`'),
    version: z.int().min(1).optional().describe('One exact version of `name`'),
    label: z
      .string()
      .max(100)
      .regex(/^[A-Za-z_.-][\w.-]*$/, 'must be a label: it begins with no digit')
      .optional()
      .describe('The version of `name` that has this label'),
    ...connectionFields,
  })
  .check(checkConnection)
  .refine(({ name, path: group }) => (name === undefined) !== (group === undefined), {
    error: 'must have either `name` or `path`',
    path: ['name'],
  })
  .refine(
    ({ name, version, label }) =>
      name !== undefined || (version === undefined && label === undefined),
    { error: 'a path has no version: `version` and `label` need `name`', path: ['path'] },
  )
  .refine(({ version, label }) => version === undefined || label === undefined, {
    error: '`version` and `label` cannot both be given',
    path: ['label'],
  })

export type SsmReference = z.infer<typeof ssmReference>
