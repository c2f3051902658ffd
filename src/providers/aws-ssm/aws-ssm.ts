import { BrokerError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type AwsClients, orAborted } from '../aws-client/clients.ts'
import { placeOfConnection, regionOf, secretsOfConnection } from '../aws-client/connection.ts'
import { awsFailure, isNotFound } from '../aws-client/failure.ts'
import {
  type FetchContext,
  type FetchedSecret,
  type PlacedProvider,
  VALUE_FIELD,
} from '../provider.ts'
import type { ParameterStore, SsmParameter } from './client.ts'
import { type SsmReference, ssmReference } from './reference.ts'

const FIVE_MINUTES = 300_000

/** More are no group of a login's fields, but a path that was meant to be longer. */
const MOST_FIELDS = 50

/** Parameter Store of AWS Systems Manager, read only: one parameter, or a path as a group. */
export function createAwsSsmProvider(): PlacedProvider<SsmReference> {
  let clients: Promise<AwsClients<ParameterStore>> | null = null

  async function read(
    reference: SsmReference,
    context: FetchContext,
  ): Promise<FetchedSecret | null> {
    clients ??= import('./client.ts').then(({ createParameterStores }) => createParameterStores())
    const region = regionOf(reference, reference.name ?? '')
    const store = await (await clients).to(reference, region, context)
    const { name, path } = reference
    if (path !== undefined) return groupOf(store, path, context)
    return name === undefined ? null : oneOf(store, name, reference, context)
  }

  return {
    type: 'aws-ssm',
    description: 'Parameter Store of AWS Systems Manager',
    reference: ssmReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: secretsOfConnection,
    place: (reference) => placeOfConnection(reference, regionOf(reference, reference.name ?? '')),
    async fetch(reference, context) {
      const { version, label, path, profile } = reference
      // A version that was named by hand replaced none, and a group has no version.
      const single = [version, label, path].every((one) => one === undefined)
      if (context.version === 'previous' && !single) return null
      const what = `\`${reference.name ?? path}\``
      const action = path === undefined ? 'ssm:GetParameter' : 'ssm:GetParametersByPath'
      try {
        return await orAborted(read(reference, context), context.signal)
      } catch (thrown) {
        if (isNotFound(thrown)) return null
        throw awsFailure(thrown, {
          service: 'AWS Parameter Store',
          what,
          doing: `read ${what}`,
          allow: `Allow these credentials \`${action}\` on it, and for a SecureString \`kms:Decrypt\` on its key.`,
          check: 'Check `name` or `path`, `version` and `label` in the catalog.',
          profile,
        })
      }
    },
    store: null,
  }
}

async function oneOf(
  store: ParameterStore,
  name: string,
  { version, label }: SsmReference,
  { name: secret, version: wanted, signal }: FetchContext,
): Promise<FetchedSecret | null> {
  const selector = label ?? (version === undefined ? null : String(version))
  let found = await store.one(name, selector, signal)
  if (wanted === 'previous') {
    const current = found?.Version ?? 0
    if (current < 2) return null
    found = await store.one(name, String(current - 1), signal)
  }
  if (found === undefined) throw notAws(name)
  return {
    fields: new Map([[VALUE_FIELD, new Secret(secret, valueIn(found, name))]]),
    version: found.Version === undefined ? null : String(found.Version),
    createdAt: found.LastModifiedDate?.getTime() ?? null,
    lease: null,
  }
}

async function groupOf(
  store: ParameterStore,
  path: string,
  { name: secret, signal }: FetchContext,
): Promise<FetchedSecret | null> {
  // Without its last `/`, since that is how the actions of a policy name it.
  const parent = path.slice(0, -2) === '' ? '/' : path.slice(0, -2)
  const found = await store.below(parent, MOST_FIELDS, signal)
  if (found.length === 0) return null
  if (found.length > MOST_FIELDS) {
    throw new BrokerError(
      'secret_invalid',
      `more than ${MOST_FIELDS} parameters are right below \`${path}\``,
      { fix: 'Name a longer path, or each parameter as a secret of its own.' },
    )
  }
  const fields = found.map((one): [string, Secret] => {
    const field = (one.Name ?? '').slice((one.Name ?? '').lastIndexOf('/') + 1)
    const value = valueIn(one, one.Name ?? path)
    return [field, new Secret(secret, value, field === VALUE_FIELD ? null : field)]
  })
  const changed = found.map(({ LastModifiedDate: date }) => date?.getTime() ?? 0)
  const createdAt = Math.max(...changed)
  return {
    fields: new Map(fields),
    version: null,
    createdAt: createdAt === 0 ? null : createdAt,
    lease: null,
  }
}

function valueIn({ Value: value }: SsmParameter, name: string): string {
  if (value !== undefined && value !== '') return value
  throw new BrokerError('secret_invalid', `\`${name}\` is empty in AWS Parameter Store`)
}

function notAws(name: string): BrokerError {
  return new BrokerError('secret_unreachable', `what answers for \`${name}\` is not AWS`, {
    fix: 'Check the `endpoint` of the secret.',
  })
}
