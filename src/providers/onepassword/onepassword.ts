import { BrokerError } from '../../core/errors.ts'
import type { FetchContext, FetchedSecret, PlacedProvider } from '../provider.ts'
import type { ConnectServers } from './connect.ts'
import { type OnePasswordReference, onePasswordReference } from './reference.ts'
import type { MakeSdkClient, ServiceAccounts } from './sdk.ts'

const FIVE_MINUTES = 300_000

/** 1Password, read only: by a Connect server, as a service account, or as the user who is logged in to `op`. */
export function createOnePasswordProvider(
  options: {
    /** 1Password's own where it is left out. */
    readonly makeClient?: MakeSdkClient
  } = {},
): PlacedProvider<OnePasswordReference> {
  let servers: Promise<ConnectServers> | null = null
  let accounts: Promise<ServiceAccounts> | null = null

  async function loadConnect(): Promise<ConnectServers> {
    return (await import('./connect.ts')).createConnectServers()
  }

  async function loadSdk(): Promise<ServiceAccounts> {
    const { createServiceAccounts, makeSdkClient } = await import('./sdk.ts')
    return createServiceAccounts(options.makeClient ?? makeSdkClient)
  }

  async function read(
    one: OnePasswordReference,
    context: FetchContext,
  ): Promise<FetchedSecret | null> {
    const { connect, program, account, reference = '' } = one
    if (connect !== undefined) {
      servers ??= loadConnect()
      return (await servers).read(connect, reference, context)
    }
    if (program !== undefined) {
      const { readByProgram } = await import('./op-program.ts')
      return readByProgram({ program, account }, reference, context)
    }
    accounts ??= loadSdk()
    return (await accounts).read(one, context)
  }

  return {
    type: '1password',
    description: 'a field of 1Password: `op://vault/item/field`',
    reference: onePasswordReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: ({ connect, service_account: account }) =>
      [connect?.token, account].filter((name) => name !== undefined),
    place: ({ connect, service_account: by, program, account }) =>
      JSON.stringify([connect?.address, connect?.ca, by, program, account]),
    async fetch(reference: OnePasswordReference, context: FetchContext) {
      if (context.signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
      // It keeps versions of an item for people, and has no API for them.
      if (context.version === 'previous') return null
      return read(reference, context)
    },
    store: null,
  }
}
