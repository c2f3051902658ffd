import { get } from 'node:http'
import { Secret } from '../src/core/secret.ts'
import { createAzureKeyVaultProvider } from '../src/providers/azure-key-vault/azure-key-vault.ts'
import { createProviders } from '../src/providers/index.ts'
import type { FetchContext, SecretProvider } from '../src/providers/provider.ts'

/**
 * A process that fetches one secret twice from one provider, as it is bundled in keyhand, and prints what that took. With the
 * type `bare` it asks the same address with nothing of keyhand: the baseline.
 */
export interface FirstFetch {
  readonly type: string
  readonly reference: object
  /** What the provider logs in with. */
  readonly logins: Readonly<Record<string, string>>
  /** KEYHAND_HOME. */
  readonly home: string
  readonly address: string
}

/** In ms, and in bytes of resident memory. */
export interface FirstFetchCost {
  readonly first: number
  readonly second: number
  readonly memory: number
}

const asked = JSON.parse(process.env['BENCH_FETCH'] ?? '') as FirstFetch
const work = asked.type === 'bare' ? bare : ofProvider(asked)
const before = process.memoryUsage.rss()
const first = await timed()
const second = await timed()
const cost: FirstFetchCost = { first, second, memory: process.memoryUsage.rss() - before }
process.stdout.write(JSON.stringify(cost))
process.exit()

async function timed(): Promise<number> {
  const begun = performance.now()
  // One that ends in an error has loaded and done all that it could: 1Password's SDK has no cloud here.
  await work().catch(() => undefined)
  return performance.now() - begun
}

function ofProvider({ type, reference, logins, home }: FirstFetch): () => Promise<unknown> {
  const now = Date.now
  const nothing = async () => {}
  const ledger = { put: nothing, extend: nothing, remove: nothing, orphans: async () => [] }
  const known = createProviders({ home, state: home, env: {}, now, ledger }).get(type)
  // Microsoft's library is loaded, and its token is made up: its login is in the cloud.
  const makeCredential = () => ({
    getToken: async () => ({ token: 'token', expiresOnTimestamp: now() + 3_600_000 }),
  })
  const azure = createAzureKeyVaultProvider({ now, makeCredential }) as SecretProvider
  const provider = type === azure.type ? azure : known
  if (provider === undefined) throw new Error(`no provider ${type}`)
  const parsed = provider.reference.parse(reference)
  const context: FetchContext = {
    name: 'api_key',
    version: 'current',
    signal: new AbortController().signal,
    secret: async (name) => new Secret(name, logins[name] ?? ''),
  }
  return () => provider.fetch(parsed, context)
}

function bare(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    get(asked.address, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += String(chunk)
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}
