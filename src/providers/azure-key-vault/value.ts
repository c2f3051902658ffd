import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { type FetchedSecret, VALUE_FIELD } from '../provider.ts'
import type { AzureKeyVaultReference } from './reference.ts'

export interface Version {
  readonly version: string | null
  readonly enabled: boolean
  /** These in ms since the epoch; null where it is not said. */
  readonly createdAt: number | null
  readonly notBefore: number | null
  readonly expires: number | null
}

/** What Key Vault says of a version, in a bundle or a list. */
export function versionOf(json: unknown): Version {
  const { id, attributes } = isJsonObject(json) ? json : {}
  const said = isJsonObject(attributes) ? attributes : {}
  const ms = (name: string) => {
    const seconds = said[name]
    return typeof seconds === 'number' ? seconds * 1000 : null
  }
  const [, version] =
    /\/secrets\/[^/]+\/([A-Za-z0-9]+)$/.exec(typeof id === 'string' ? id : '') ?? []
  return {
    version: version ?? null,
    enabled: said['enabled'] !== false,
    createdAt: ms('created'),
    notBefore: ms('nbf'),
    expires: ms('exp'),
  }
}

/** Key Vault gives a value outside of its time too: whoever set it did not mean it to be used. */
export function fetchedOf(
  json: Readonly<Record<string, unknown>>,
  { name: secret, key }: AzureKeyVaultReference,
  name: string,
  now: number,
): FetchedSecret {
  const { version, enabled, createdAt, notBefore, expires } = versionOf(json)
  if (!enabled) throw disabled(secret)
  if (notBefore !== null && now < notBefore) {
    throw invalid(
      `\`${secret}\` is not valid before ${new Date(notBefore).toISOString()}`,
      'Wait, or set another activation date; else check the clock of this machine.',
    )
  }
  if (expires !== null && now >= expires) {
    throw invalid(
      `\`${secret}\` expired at ${new Date(expires).toISOString()}`,
      'Set a new version with `az keyvault secret set`, or another expiry date.',
    )
  }
  const value = json['value']
  if (typeof value !== 'string' || value === '') {
    throw invalid(`\`${secret}\` has no value`, 'Set one with `az keyvault secret set`.')
  }
  const text = key === undefined ? value : fieldIn(value, key, secret)
  const fields = new Map([[VALUE_FIELD, new Secret(name, text)]])
  return { fields, version, createdAt, lease: null }
}

export function disabled(name: string): BrokerError {
  return invalid(
    `\`${name}\` is disabled in Azure Key Vault`,
    'Enable it (`az keyvault secret set-attributes --enabled true`), or name another version.',
  )
}

function fieldIn(value: string, key: string, secret: string): string {
  let all: unknown
  try {
    all = JSON.parse(value)
  } catch {
    // No JSON: said below, without what it is.
  }
  const field: unknown = isJsonObject(all) && Object.hasOwn(all, key) ? all[key] : null
  if (typeof field === 'string' && field !== '') return field
  if (typeof field === 'number' || typeof field === 'boolean') return String(field)
  throw invalid(
    `\`${secret}\` is no JSON with a field \`${key}\``,
    'Correct `key`, or leave it out.',
  )
}

function invalid(message: string, fix: string): BrokerError {
  return new BrokerError('secret_invalid', message, { fix })
}
