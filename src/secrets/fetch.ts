import { asBrokerError, BrokerError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { SecretEntry } from '../core/snapshot.ts'
import {
  type FetchContext,
  type FetchedSecret,
  placeOf,
  type SecretProvider,
  VALUE_FIELD,
} from '../providers/provider.ts'
import type { Circuits } from './circuit.ts'

/** Tries of one fetch, and how long it waits before the second; each further wait is three times as long. */
const TRIES = 3
const FIRST_WAIT_MS = 100

/** What a fetch is made with. */
export interface FetchOptions {
  readonly providers: ReadonlyMap<string, SecretProvider>
  readonly circuits: Circuits
  readonly now: () => number
  /** From 0 to 1. */
  readonly random: () => number
}

/** One fetch of one secret. */
export interface Fetch {
  readonly entry: SecretEntry
  readonly version: FetchContext['version']
  /** A secret that the provider logs in with; `fresh` after one that was kept was refused. */
  login(entry: SecretEntry, fresh: boolean): Promise<LoginSecret>
  /** Aborts where nobody waits any more, and with a `BrokerError` as its reason where the time is over. */
  readonly signal: AbortSignal
  /** When its time is over, in ms since the epoch. */
  readonly endsAt: number
}

export interface LoginSecret {
  readonly fields: ReadonlyMap<string, Secret>
  readonly cached: boolean
}

/** Whether nobody could be asked, or nobody answered in time: what the place would have said is not known. */
export function isOutage({ code }: BrokerError): boolean {
  return code === 'secret_unreachable' || code === 'secret_throttled' || code === 'secret_timeout'
}

/** Places over a network: those whose values are kept for a while where the catalog does not say. */
export function isRemote(provider: SecretProvider | undefined): boolean {
  return provider !== undefined && provider.defaults.cacheMs > 0
}

/** Fetches, again where the place could not be reached or asks for patience. @throws BrokerError */
export async function fetchSecret(options: FetchOptions, fetch: Fetch): Promise<FetchedSecret> {
  const { entry, signal } = fetch
  const provider = providerOf(options, entry)
  if (!isRemote(provider)) return fetchOnce(provider, fetch, false)
  const { circuits, now, random } = options
  // Two servers may be of one instance, each named by its secrets: one that is down holds up nobody who needs the other.
  const place = JSON.stringify([entry.instance, placeOf(provider, entry.reference)])
  let login: 'kept' | 'fresh' = 'kept'
  for (let tries = 1; ; tries += 1) {
    circuits.enter(place, entry.instance)
    const used = { kept: false }
    const end = watchEnd(circuits, place, signal)
    try {
      const fetched = await fetchOnce(provider, watched(fetch, used), login === 'fresh')
      circuits.answered(place)
      return fetched
    } catch (thrown) {
      const error = asBrokerError(thrown)
      if (signal.aborted) throw error
      if (!isOutage(error)) {
        circuits.answered(place)
        if (login === 'fresh' || !used.kept || !isLoginRefused(error)) throw error
        login = 'fresh'
        continue
      }
      circuits.failed(place, error)
      if (tries === TRIES || error.code === 'secret_timeout') throw error
      const backoff = FIRST_WAIT_MS * 3 ** (tries - 1) * (0.5 + random())
      const wait = Math.max(backoff, error.retryAfterMs ?? 0)
      if (now() + wait >= fetch.endsAt) throw error
      await pause(wait, signal)
    } finally {
      end()
    }
  }
}

function isLoginRefused({ code }: BrokerError): boolean {
  return code === 'secret_not_logged_in' || code === 'secret_denied'
}

/** A provider may not even notice that its time is over: its circuit is told whatever it does. */
function watchEnd(circuits: Circuits, place: string, signal: AbortSignal): () => void {
  const onAbort = () => {
    const reason: unknown = signal.reason
    if (reason instanceof BrokerError && isOutage(reason)) circuits.failed(place, reason)
    else circuits.left(place)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}

function watched(fetch: Fetch, used: { kept: boolean }): Fetch {
  return {
    ...fetch,
    async login(entry, fresh) {
      const secret = await fetch.login(entry, fresh)
      if (secret.cached) used.kept = true
      return secret
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(new BrokerError('cancelled', 'the call was cancelled'))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

function providerOf({ providers }: FetchOptions, entry: SecretEntry): SecretProvider {
  const provider = providers.get(entry.provider)
  if (provider !== undefined) return provider
  throw new BrokerError(
    'config_invalid',
    `the secret \`${entry.name}\` names the provider \`${entry.provider}\`, which does not exist`,
    { fix: `Use one of: ${[...providers.keys()].join(', ')}.` },
  )
}

async function fetchOnce(
  provider: SecretProvider,
  fetch: Fetch,
  freshLogin: boolean,
): Promise<FetchedSecret> {
  const { entry, version, signal } = fetch
  const { name, reference } = entry
  const context: FetchContext = {
    name,
    signal,
    version,
    async secret(needed, field = VALUE_FIELD) {
      const other = entry.needs.find((one) => one.name === needed)
      if (other === undefined) {
        const message = `the provider \`${entry.instance}\` asked for a secret that \`${name}\` does not name`
        throw new BrokerError('config_invalid', message)
      }
      const { fields } = await fetch.login(other, freshLogin)
      const value = fields.get(field)
      if (value !== undefined) return value
      const names = [...fields.keys()].map((one) => `\`${one}\``).join(', ')
      throw new BrokerError(
        'secret_invalid',
        `the secret \`${needed}\` has no field \`${field}\``,
        {
          fix: `Use one of its fields: ${names}.`,
        },
      )
    },
  }
  let fetched: FetchedSecret | null
  try {
    fetched = await provider.fetch(reference, context)
  } catch (thrown) {
    throw asBrokerError(thrown)
  }
  if (fetched === null) throw notFound(provider, entry, version)
  if (fetched.fields.size === 0) {
    throw new BrokerError(
      'secret_invalid',
      `the provider \`${entry.instance}\` gave no value for the secret \`${name}\``,
    )
  }
  return fetched
}

function notFound(
  provider: SecretProvider,
  { name, instance }: SecretEntry,
  version: FetchContext['version'],
): BrokerError {
  const what = version === 'previous' ? 'no version before the current one of' : 'nothing for'
  const fix =
    provider.store === null
      ? `Create it there, or correct the entry of \`${name}\` in keyhand.yaml.`
      : `Run \`keyhand secret set ${name}\`.`
  return new BrokerError(
    'secret_not_found',
    `the provider \`${instance}\` has ${what} the secret \`${name}\``,
    version === 'previous' ? {} : { fix },
  )
}
