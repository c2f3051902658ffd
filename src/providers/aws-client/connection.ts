import * as z from 'zod'
import { CATALOG_NAME } from '../../core/agent.ts'

const text = z.string().min(1).max(2048)
const secretName = z
  .string()
  .regex(CATALOG_NAME, 'must be the name of a secret of the catalog, never its value')

/** HTTPS, or plain HTTP to this machine (an emulator): an endpoint gets signed requests and gives values. */
const endpoint = z.url({ protocol: /^https?$/ }).refine(
  (value) => {
    const { protocol, hostname, username, password } = new URL(value)
    const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
    return username === '' && password === '' && (protocol === 'https:' || isLoopback)
  },
  { error: 'must be an https URL without a user (http only to localhost)' },
)

const credentials = z
  .strictObject({
    access_key_id: z.string().regex(/^[A-Z0-9]{16,128}$/, 'must be an access key id: `AKIA…`'),
    secret_access_key: secretName.describe('The secret that holds the secret access key'),
    session_token: secretName.optional().describe('The secret that holds the session token'),
  })
  .describe('An access key whose secret parts are secrets of the catalog')

const assumeRole = z
  .strictObject({
    arn: z
      .string()
      .max(2048)
      .regex(/^arn:[a-z-]+:iam::[0-9]{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of a role'),
    external_id: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1224 letters, digits or `_+=,.@:/-`')
      .optional()
      .describe('What the role’s owner wants to be told; AWS does not hold it for a secret'),
    session_name: z
      .string()
      .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 letters, digits or `_+=,.@-`')
      .optional()
      .describe('What CloudTrail shows; `keyhand` where it is left out'),
    tags: z
      .record(z.string().min(1).max(128), z.string().max(256))
      .refine((tags) => Object.keys(tags).length <= 50, { error: 'must be at most 50 tags' })
      .optional()
      .describe('Session tags, which policies of AWS may ask for: `aws:PrincipalTag/agent`'),
    endpoint: endpoint.optional().describe('Another address of STS'),
  })
  .describe('A role to read with, assumed with the credentials that are found otherwise')

/** How AWS is reached and as whom; every reference to a service of AWS has these fields. */
export const connectionFields = {
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'must be a region such as `eu-central-1`')
    .optional()
    .describe("The region; the default is the ARN's, then the SDK's own (AWS_REGION, the profile)"),
  profile: text
    .optional()
    .describe('A profile of ~/.aws/config; the default is what the SDK takes'),
  credentials: credentials.optional(),
  assume_role: assumeRole.optional(),
  endpoint: endpoint
    .optional()
    .describe('Another address of the service: a VPC endpoint, an emulator'),
  from_environment: z
    .boolean()
    .optional()
    .describe(
      'True: AWS_ENDPOINT_URL* of the environment and endpoint_url of the profile count as well',
    ),
}

const connection = z.object(connectionFields)

export type AwsConnection = z.infer<typeof connection>

/** What the fields must not say together, as zod's `check` has it. */
export function checkConnection({
  value,
  issues,
}: {
  value: AwsConnection
  issues: z.core.$ZodRawIssue[]
}): void {
  const both = (a: keyof AwsConnection, b: keyof AwsConnection) => {
    const message = `\`${a}\` and \`${b}\` cannot both be given`
    issues.push({ code: 'custom', message, path: [b], input: value })
  }
  const anyEndpoint = value.endpoint ?? value.assume_role?.endpoint
  if (anyEndpoint !== undefined && value.from_environment === true)
    both('endpoint', 'from_environment')
  if (value.credentials !== undefined && value.profile !== undefined) both('profile', 'credentials')
}

/** The secrets of the catalog that AWS is logged into with. */
export function secretsOfConnection({ credentials: given }: AwsConnection): readonly string[] {
  const names = [given?.secret_access_key, given?.session_token]
  return names.filter((name) => name !== undefined)
}

/** What a client of the SDK is for: the service at one place, and one login. */
export function placeOfConnection(connection: AwsConnection, region: string | undefined): string {
  const { profile, credentials, assume_role, endpoint, from_environment } = connection
  return JSON.stringify([region, profile, credentials, assume_role, endpoint, from_environment])
}

/** The region that a reference says itself, also in its ARN. */
export function regionOf(connection: AwsConnection, id: string): string | undefined {
  return connection.region ?? /^arn:[a-z-]+:[a-z]+:([a-z0-9-]+):/.exec(id)?.[1]
}
