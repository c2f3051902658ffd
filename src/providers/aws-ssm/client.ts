/** The one module that imports the SDK: it is itself imported by the first fetch. */
import { GetParameterCommand, GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm'
import { type AwsClients, createAwsClients } from '../aws-client/clients.ts'

/** A parameter as AWS gives it. */
export interface SsmParameter {
  readonly Name?: string | undefined
  readonly Value?: string | undefined
  readonly Version?: number | undefined
  readonly LastModifiedDate?: Date | undefined
}

/** One place and login. Everything throws what the SDK throws. */
export interface ParameterStore {
  /** `selector` is a version or a label. */
  one(name: string, selector: string | null, signal: AbortSignal): Promise<SsmParameter | undefined>
  /** All that are right below a path, at most `most` and one more. */
  below(path: string, most: number, signal: AbortSignal): Promise<readonly SsmParameter[]>
}

/** What GetParametersByPath gives at once. */
const PAGE = 10

export function createParameterStores(): AwsClients<ParameterStore> {
  return createAwsClients((config) => parameterStore(new SSMClient(config)))
}

function parameterStore(client: SSMClient): ParameterStore {
  return {
    async one(name, selector, abortSignal) {
      const Name = selector === null ? name : `${name}:${selector}`
      const command = new GetParameterCommand({ Name, WithDecryption: true })
      return (await client.send(command, { abortSignal })).Parameter
    },
    async below(path, most, abortSignal) {
      const found: SsmParameter[] = []
      let page: string | undefined
      do {
        const command = new GetParametersByPathCommand({
          Path: path,
          WithDecryption: true,
          Recursive: false,
          MaxResults: PAGE,
          ...(page === undefined ? {} : { NextToken: page }),
        })
        const { Parameters = [], NextToken } = await client.send(command, { abortSignal })
        found.push(...Parameters)
        page = NextToken
      } while (page !== undefined && page !== '' && found.length <= most)
      return found
    },
  }
}
