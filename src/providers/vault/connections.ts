import { readFile } from 'node:fs/promises'
import { BrokerError } from '../../core/errors.ts'
import { isServiceAddress } from '../https-json/service-address.ts'
import type { FetchContext, FetchedSecret } from '../provider.ts'
import { readDynamic } from './dynamic.ts'
import { readVersion1, readVersion2 } from './kv.ts'
import type { Ledger, LedgerToken } from './ledger.ts'
import { createLendingTokens } from './lending-token.ts'
import type { Login } from './login.ts'
import { createMounts } from './mounts.ts'
import type { VaultReference } from './reference.ts'
import { createSession } from './session.ts'
import { sweepOrphans } from './sweep.ts'
import { createVaultApi, type VaultPlace } from './vault-api.ts'

/** A login at one server of Vault, with all that hangs on it. */
export interface Connection {
  fetch(reference: VaultReference, context: FetchContext): Promise<FetchedSecret | null>
  /** Ends those of these tokens that are of this place; how many. */
  sweep(orphans: readonly LedgerToken[], context: FetchContext): Promise<number>
  /** Gives back what was lent, and logs out. */
  close(signal: AbortSignal): Promise<void>
}

export interface Connections {
  to(reference: VaultReference): Promise<Connection>
  close(signal: AbortSignal): Promise<void>
}

interface Options {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  readonly ledger: Ledger
}

/** One connection for each set of settings that references name, made at the first use. */
export function createConnections(options: Options): Connections {
  const all = new Map<string, Connection>()
  return {
    async to(reference) {
      const settings = await settingsOf(reference, options.env)
      const key = JSON.stringify(settings)
      const connection = all.get(key) ?? createConnection(settings, options)
      all.set(key, connection)
      return connection
    },
    async close(signal) {
      const closing = [...all.values()].map((connection) => connection.close(signal))
      all.clear()
      await Promise.allSettled(closing)
    },
  }
}

interface Settings extends VaultPlace {
  readonly auth: Login
}

function createConnection(settings: Settings, { env, now, ledger }: Options): Connection {
  const api = createVaultApi(settings)
  const session = createSession({ api, auth: settings.auth, env, now })
  const place = JSON.stringify([settings.address, settings.namespace])
  const tokens = createLendingTokens({ api, session, ledger, place, now })
  const mounts = createMounts(session)
  return {
    async fetch(reference, context) {
      if (context.signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
      const { engine, path } = await mounts.of(reference, context)
      switch (engine) {
        case 'kv-v1':
          return readVersion1(session, reference, context)
        case 'kv-v2':
          return readVersion2(session, path, reference, context)
        case 'dynamic':
          return readDynamic({ api, tokens, now }, reference, context)
      }
    },
    sweep: (orphans, context) =>
      sweepOrphans({
        session,
        ledger,
        now,
        orphans: orphans.filter((orphan) => orphan.place === place),
        context,
      }),
    async close(signal) {
      await tokens.close(signal)
      await session.logOut(signal)
      api.close()
    },
  }
}

/** What a reference says of the place; of the environment only what it asks for. */
async function settingsOf(reference: VaultReference, env: Options['env']): Promise<Settings> {
  const said = reference.from_environment === true ? env : {}
  const address = reference.address ?? said['VAULT_ADDR'] ?? ''
  if (!isServiceAddress(address)) {
    throw new BrokerError('secret_invalid', 'VAULT_ADDR is no address of Vault', {
      fix: 'Set it to an https URL (http only to localhost), or write `address` in keyhand.yaml.',
    })
  }
  const file = reference.ca ?? said['VAULT_CACERT'] ?? null
  return {
    address,
    namespace: reference.namespace ?? said['VAULT_NAMESPACE'] ?? null,
    ca: file === null ? null : await readAuthority(file),
    auth: reference.auth ?? { type: 'environment' },
  }
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new BrokerError(
      'secret_invalid',
      `the file \`${file}\` of the authority cannot be read`,
      {
        fix: 'Check `ca` in keyhand.yaml: the PEM file of the authority that signed Vault’s certificate.',
      },
    )
  }
}
