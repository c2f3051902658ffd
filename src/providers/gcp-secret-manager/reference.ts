import * as z from 'zod'
import { CATALOG_NAME } from '../../core/agent.ts'
import { serviceAddress } from '../https-json/service-address.ts'

export const gcpReference = z
  .strictObject({
    project: z
      .string()
      .max(120)
      .regex(/^([a-z0-9.-]+:)?[a-z0-9-]+$/, 'must be the id or the number of a project')
      .describe('The id or the number of the project'),
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,255}$/, 'must be letters, digits, `-` and `_`')
      .describe('The name of the secret'),
    version: z
      .union([
        z.int().min(1),
        z.string().regex(/^[A-Za-z][\w-]{0,62}$/, 'must be a number, an alias or `latest`'),
      ])
      .optional()
      .describe('A version’s number or alias; `latest` where it is left out'),
    location: z
      .string()
      .regex(/^[a-z]+-[a-z]+[0-9]+$/, 'must be a region such as `europe-west3`')
      .optional()
      .describe('The region of a regional secret'),
    service_account_key: z
      .string()
      .regex(CATALOG_NAME, 'must be the name of a secret of the catalog, never its value')
      .optional()
      .describe('The secret that holds the JSON key of a service account'),
    identity: z
      .literal('platform')
      .optional()
      .describe('Who this machine is: `gcloud auth application-default login`, or its metadata'),
    endpoint: serviceAddress.optional().describe('Another address: Private Service Connect'),
    token_endpoint: serviceAddress.optional().describe('Where tokens are made, if not at Google'),
    from_environment: z
      .boolean()
      .optional()
      .describe('True: GOOGLE_APPLICATION_CREDENTIALS and CLOUDSDK_CONFIG count as well'),
  })
  .refine(
    ({ service_account_key: key, identity }) => (key === undefined) !== (identity === undefined),
    {
      error:
        'must have either `service_account_key: NAME` or `identity: platform`: how keyhand logs in',
      path: ['identity'],
    },
  )
  .refine(({ identity, from_environment: also }) => identity !== undefined || also !== true, {
    error: 'needs `identity: platform` beside it',
    path: ['from_environment'],
  })

export type GcpReference = z.infer<typeof gcpReference>
