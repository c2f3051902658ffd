import * as z from 'zod'
import { checkConnection, connectionFields } from '../aws-client/connection.ts'

const text = z.string().min(1).max(2048)

export const awsReference = z
  .strictObject({
    id: text.describe('The name or the ARN of the secret'),
    key: text.optional().describe('One field of a secret that is a JSON object'),
    fields: z
      .array(text)
      .min(1)
      .max(50)
      .refine((fields) => new Set(fields).size === fields.length, { error: 'names one twice' })
      .optional()
      .describe('Several fields of a secret that is a JSON object: `[username, password]`'),
    version_stage: text
      .optional()
      .describe('AWSCURRENT where left out; AWSPREVIOUS is the one before'),
    version_id: text.optional().describe('One exact version'),
    require_tags: z
      .record(z.string().min(1).max(128), z.string().max(256))
      .refine((tags) => Object.keys(tags).length > 0, { error: 'must name a tag' })
      .optional()
      .describe('Tags of AWS without which the secret is refused: `Environment: production`'),
    ...connectionFields,
  })
  .check(checkConnection)
  .refine(({ key, fields }) => key === undefined || fields === undefined, {
    error: '`key` and `fields` cannot both be given',
    path: ['fields'],
  })

export type AwsReference = z.infer<typeof awsReference>
