/** The one module that imports the SDK of STS: it is itself imported where a role is first assumed. */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { BrokerError } from '../../core/errors.ts'
import type { AwsKey, ClientConfig } from './clients.ts'
import type { AwsConnection } from './connection.ts'
import { awsFailure } from './failure.ts'

/** Assumes a role, each time anew. What is thrown is a `BrokerError`. */
export function assumeRole(
  role: NonNullable<AwsConnection['assume_role']>,
  config: ClientConfig,
  profile: string | undefined,
): () => Promise<AwsKey> {
  const client = new STSClient(config)
  const { arn, external_id, session_name = 'keyhand', tags } = role
  return async () => {
    const command = new AssumeRoleCommand({
      RoleArn: arn,
      RoleSessionName: session_name,
      ...(external_id === undefined ? {} : { ExternalId: external_id }),
      ...(tags === undefined
        ? {}
        : { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
    })
    try {
      const { Credentials: given } = await client.send(command)
      if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined) {
        throw new BrokerError('secret_unreachable', 'what answers for AWS STS is not AWS', {
          fix: 'Check the `endpoint` of `assume_role` in keyhand.yaml.',
        })
      }
      return {
        accessKeyId: given.AccessKeyId,
        secretAccessKey: given.SecretAccessKey,
        ...(given.SessionToken === undefined ? {} : { sessionToken: given.SessionToken }),
        ...(given.Expiration === undefined ? {} : { expiration: given.Expiration }),
      }
    } catch (thrown) {
      throw awsFailure(thrown, {
        service: 'AWS STS',
        what: `the role \`${arn}\``,
        doing: `assume \`${arn}\``,
        allow:
          'Allow these credentials `sts:AssumeRole` (and `sts:TagSession`, where there are `tags`), and name them in the role’s trust policy, with its external id.',
        check: 'Check `assume_role` in the catalog.',
        profile,
      })
    }
  }
}
