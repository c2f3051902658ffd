import { isJsonObject } from '../../core/json.ts'
import type { SecretEntry } from '../../core/snapshot.ts'

/** Where a provider's place is. */
export interface PlaceAddress {
  readonly url: string
  /** The PEM file of the authority that is trusted there; null for Node's own. */
  readonly ca: string | null
  /** False where the environment says it: what variables hold is not shown. */
  readonly shown: boolean
}

/** By what the catalog says, and the environment where the catalog says that it counts; null where neither does. */
export function placeAddress(
  { provider, reference }: SecretEntry,
  env: Readonly<Record<string, string | undefined>>,
): PlaceAddress | null {
  const whole = isJsonObject(reference) ? reference : {}
  // A Connect server of 1Password stands in a part of its own.
  const said = isJsonObject(whole['connect']) ? whole['connect'] : whole
  const text = (name: string) => {
    const value = said[name]
    return typeof value === 'string' && value !== '' ? value : null
  }
  const ca = text('ca')
  const url = text('address') ?? text('endpoint')
  if (url !== null) return { url, ca, shown: true }
  if (provider === 'vault' && said['from_environment'] === true) {
    const given = env['VAULT_ADDR'] ?? ''
    return given === '' ? null : { url: given, ca: ca ?? env['VAULT_CACERT'] ?? null, shown: false }
  }
  const known = vendorAddress(provider, text)
  return known === null ? null : { url: known, ca, shown: true }
}

/** The vendors' own, by region. */
function vendorAddress(provider: string, text: (name: string) => string | null): string | null {
  if (provider === 'gcp-secret-manager') {
    const location = text('location')
    return `https://secretmanager.${location === null ? '' : `${location}.rep.`}googleapis.com`
  }
  if (provider === 'azure-key-vault') {
    const vault = text('vault')
    return vault === null ? null : `https://${vault}.vault.azure.net`
  }
  const service = { 'aws-secrets-manager': 'secretsmanager', 'aws-ssm': 'ssm' }[provider]
  const arn = text('id') ?? text('name') ?? ''
  const region = text('region') ?? /^arn:[a-z-]+:[a-z]+:([a-z0-9-]+):/.exec(arn)?.[1]
  if (service === undefined || region === undefined) return null
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
