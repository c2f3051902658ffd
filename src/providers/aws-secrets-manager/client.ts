/** The one module that imports the SDK: it is itself imported by the first fetch. */
import {
  BatchGetSecretValueCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { type AwsClients, createAwsClients } from '../aws-client/clients.ts'
import { createBatch } from './batch.ts'

/** A value as AWS gives it. */
export interface AwsValue {
  readonly ARN?: string | undefined
  readonly Name?: string | undefined
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
  readonly VersionId?: string | undefined
  readonly CreatedDate?: Date | undefined
}

export interface AwsVersion {
  readonly id: string | undefined
  readonly stage: string | undefined
}

/** One place and login. Everything throws what the SDK throws. */
export interface SecretsManager {
  /** What is current; many that are asked for at once are asked for together. */
  current(id: string, signal: AbortSignal): Promise<AwsValue>
  version(id: string, version: AwsVersion, signal: AbortSignal): Promise<AwsValue>
  describe(
    id: string,
    signal: AbortSignal,
  ): Promise<{ readonly arn: string | undefined; readonly tags: ReadonlyMap<string, string> }>
}

export function createSecretsManagers(): AwsClients<SecretsManager> {
  return createAwsClients((config) => secretsManager(new SecretsManagerClient(config)))
}

function secretsManager(client: SecretsManagerClient): SecretsManager {
  const version = async (SecretId: string, { id, stage }: AwsVersion, abortSignal: AbortSignal) => {
    const command = new GetSecretValueCommand({
      SecretId,
      ...(id === undefined ? {} : { VersionId: id }),
      ...(stage === undefined ? {} : { VersionStage: stage }),
    })
    return client.send(command, { abortSignal })
  }
  const current = createBatch({
    one: async (id, signal) => version(id, { id: undefined, stage: undefined }, signal),
    async many(ids, abortSignal) {
      const command = new BatchGetSecretValueCommand({ SecretIdList: [...ids] })
      return (await client.send(command, { abortSignal })).SecretValues ?? []
    },
  })
  return {
    current,
    version,
    async describe(SecretId, abortSignal) {
      const command = new DescribeSecretCommand({ SecretId })
      const { ARN: arn, Tags: tags = [] } = await client.send(command, { abortSignal })
      return { arn, tags: new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value])) }
    },
  }
}
