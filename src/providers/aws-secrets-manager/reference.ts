import * as z from 'zod'

const text = z.string().min(1).max(2048)

/** HTTPS, or plain HTTP to this machine (an emulator): an endpoint gets signed requests and gives values. */
const endpoint = z.url({ protocol: /^https?$/ }).refine(
  (value) => {
    const { protocol, hostname, username, password } = new URL(value)
    const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
    return username === '' && password === '' && (protocol === 'https:' || isLoopback)
  },
  { error: 'must be an https URL without a user (http only to localhost)' },
)

export const awsReference = z
  .strictObject({
    id: text.describe('The name or the ARN of the secret'),
    key: text.optional().describe('One field of a secret that is a JSON object'),
    version_stage: text
      .optional()
      .describe('AWSCURRENT where left out; AWSPREVIOUS is the one before'),
    version_id: text.optional().describe('One exact version'),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'must be a region such as `eu-central-1`')
      .optional()
      .describe(
        "The region; the default is the ARN's, then the SDK's own (AWS_REGION, the profile)",
      ),
    profile: text
      .optional()
      .describe('A profile of ~/.aws/config; the default is what the SDK takes'),
    endpoint: endpoint
      .optional()
      .describe('Another address of the service: a VPC endpoint, an emulator'),
    from_environment: z
      .boolean()
      .optional()
      .describe(
        'True: AWS_ENDPOINT_URL* of the environment and endpoint_url of the profile count as well',
      ),
  })
  .refine((reference) => reference.endpoint === undefined || reference.from_environment !== true, {
    error: '`endpoint` and `from_environment` cannot both be given',
    path: ['from_environment'],
  })

export type AwsReference = z.infer<typeof awsReference>

/** The region that a reference says itself, also in its ARN. */
export function referenceRegion({ region, id }: AwsReference): string | undefined {
  return region ?? /^arn:[a-z-]+:secretsmanager:([a-z0-9-]+):/.exec(id)?.[1]
}
