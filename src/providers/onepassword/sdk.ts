import type { Client } from '@1password/sdk'
import { BrokerError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type FetchContext, type FetchedSecret, VALUE_FIELD } from '../provider.ts'
import { fetchedOf, isSame, noVault, several, shown } from './item.ts'
import { type ItemPath, itemPathOf, type OnePasswordReference } from './reference.ts'
import { sdkFailure } from './sdk-failure.ts'

/** The part of a client of 1Password's SDK that is used. */
export type SdkClient = Pick<Client, 'secrets' | 'items' | 'vaults' | 'environments'>

/** Logs in with a service account's token. */
export type MakeSdkClient = (token: string) => Promise<SdkClient>

export interface ServiceAccounts {
  read(reference: OnePasswordReference, context: FetchContext): Promise<FetchedSecret | null>
}

const LONGEST_MS = 20_000

/** 1Password's own SDK, which takes no signal: what it is doing when a call is over, it ends by itself. */
export const makeSdkClient: MakeSdkClient = async (auth) => {
  const { createClient } = await import('@1password/sdk')
  return createClient({ auth, integrationName: 'keyhand', integrationVersion: 'v1' })
}

export function createServiceAccounts(makeClient: MakeSdkClient): ServiceAccounts {
  let current: { readonly token: Secret; readonly client: Promise<SdkClient> } | null = null

  /** A login is kept while its token is the one in the catalog's secret. */
  async function clientFor(name: string, context: FetchContext): Promise<SdkClient> {
    const token = await context.secret(name)
    if (current === null || !current.token.equals(token)) {
      current = { token, client: makeClient(token.reveal().trim()) }
    }
    const used = current
    try {
      return await used.client
    } catch (thrown) {
      if (current === used) current = null
      throw thrown
    }
  }

  return {
    async read(reference, context) {
      const { service_account: name = '', environment } = reference
      const work = async () => {
        const client = await clientFor(name, context)
        if (environment !== undefined)
          return readEnvironment(client, environment, reference, context)
        const path = itemPathOf(reference.reference ?? '')
        return path.field === null
          ? readItem(client, path, context)
          : readField(client, reference.reference ?? '', path, context)
      }
      try {
        return await inTime(work(), context.signal)
      } catch (thrown) {
        throw sdkFailure(thrown)
      }
    },
  }
}

async function readField(
  client: SdkClient,
  reference: string,
  path: ItemPath,
  { name }: FetchContext,
): Promise<FetchedSecret | null> {
  const { individualResponses } = await client.secrets.resolveAll([reference])
  const { content, error } = individualResponses[reference] ?? {}
  if (content !== undefined && content.secret !== '') {
    const fields = new Map([[VALUE_FIELD, new Secret(name, content.secret)]])
    return { fields, version: null, createdAt: null, lease: null }
  }
  switch (error?.type) {
    case 'itemNotFound':
    case 'fieldNotFound':
    case 'noMatchingSections':
      return null
    case 'vaultNotFound':
      throw noVault(path)
    case 'tooManyVaults':
      throw several('vault', path)
    case 'tooManyItems':
      throw several('item', path)
    default:
      throw new BrokerError('secret_invalid', `1Password has no one text for ${shown(path)}`, {
        fix: 'Name a field that has a value; where several match, its section or its ID.',
      })
  }
}

async function readItem(
  client: SdkClient,
  path: ItemPath,
  { name }: FetchContext,
): Promise<FetchedSecret | null> {
  const pick = <T extends { readonly id: string; readonly title: string }>(
    all: readonly T[],
    wanted: string,
    what: 'vault' | 'item',
  ): T | undefined => {
    const found = all.filter(({ id, title }) => id === wanted || isSame(title, wanted))
    if (found.length > 1) throw several(what, path)
    return found[0]
  }
  const vault = pick(await client.vaults.list(), path.vault, 'vault')
  if (vault === undefined) throw noVault(path)
  const overview = pick(await client.items.list(vault.id), path.item, 'item')
  if (overview === undefined) return null
  const { fields, version } = await client.items.get(vault.id, overview.id)
  const item = {
    fields: fields.map(({ id, title, value }) => ({ id, label: title, value, section: [] })),
    version: String(version),
    updatedAt: overview.updatedAt.getTime(),
  }
  return fetchedOf(item, path, name)
}

async function readEnvironment(
  client: SdkClient,
  id: string,
  { key }: OnePasswordReference,
  { name }: FetchContext,
): Promise<FetchedSecret | null> {
  const { variables } = await client.environments.getVariables(id)
  const wanted = variables.filter((one) => one.value !== '' && (key ?? one.name) === one.name)
  if (wanted.length === 0) return null
  const fields = wanted.map(({ name: field, value }): [string, Secret] =>
    key === undefined
      ? [field, new Secret(name, value, field === VALUE_FIELD ? null : field)]
      : [VALUE_FIELD, new Secret(name, value)],
  )
  return { fields: new Map(fields), version: null, createdAt: null, lease: null }
}

async function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new BrokerError('cancelled', 'the fetch was cancelled'))
  const timer = setTimeout(() => {
    const message = `1Password did not answer within ${LONGEST_MS / 1000} s`
    reject(new BrokerError('secret_timeout', message, { fix: 'Check the network.' }))
  }, LONGEST_MS)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, work])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
