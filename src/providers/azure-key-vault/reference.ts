import * as z from 'zod'
import { CATALOG_NAME } from '../../core/agent.ts'
import { serviceAddress } from '../https-json/service-address.ts'

const absolute = z
  .string()
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/])/, 'must be an absolute path')
const id = z.string().regex(/^[A-Za-z0-9.-]{1,64}$/, 'must be the ID of a tenant or client')

const auth = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('default').describe('What this machine or its user is logged in as'),
    tenant_id: id.optional(),
  }),
  z.strictObject({
    type: z.literal('client_secret'),
    tenant_id: id,
    client_id: id,
    secret: z
      .string()
      .regex(CATALOG_NAME, 'must be the name of a secret of the catalog, never its value')
      .describe('The secret that holds the client secret'),
  }),
  z.strictObject({ type: z.literal('managed_identity'), client_id: id.optional() }),
  z.strictObject({ type: z.literal('cli'), tenant_id: id.optional() }),
])

export const azureKeyVaultReference = z
  .strictObject({
    vault: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/, 'must be the name of a Key Vault')
      .optional()
      .describe('The name of the vault'),
    address: serviceAddress
      .optional()
      .describe('Its address, in another cloud than the public one'),
    name: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,127}$/, 'must be the name of a secret in the vault')
      .describe('Of the secret in the vault'),
    version: z
      .string()
      .regex(/^[A-Za-z0-9]{1,64}$/, 'must be the ID of a version')
      .optional()
      .describe('One version; the current one where it is left out'),
    key: z.string().min(1).max(255).optional().describe('One field of a value that is JSON'),
    ca: absolute.optional().describe('PEM file of the authority of `address`'),
    auth: auth.optional().describe('`default` where it is left out'),
  })
  .refine(({ vault, address }) => (vault === undefined) !== (address === undefined), {
    error: 'must say where: `vault: NAME`, or `address`',
    path: ['vault'],
  })

export type AzureKeyVaultReference = z.infer<typeof azureKeyVaultReference>
export type AzureAuth = z.infer<typeof auth>

export function addressOf({ vault, address }: AzureKeyVaultReference): string {
  return address ?? `https://${vault ?? ''}.vault.azure.net`
}

const CLOUDS = ['vault.azure.net', 'vault.azure.cn', 'vault.usgovcloudapi.net']

/** What a token is for; said by the catalog's address, not by who answers there. */
export function scopeOf(address: string): string {
  const { hostname } = new URL(address)
  const cloud = CLOUDS.find((one) => hostname.endsWith(`.${one}`)) ?? 'vault.azure.net'
  return `https://${cloud}/.default`
}

/** Who gives tokens in that cloud. */
export function authorityOf(address: string): string {
  const { hostname } = new URL(address)
  if (hostname.endsWith('.vault.azure.cn')) return 'https://login.chinacloudapi.cn'
  if (hostname.endsWith('.vault.usgovcloudapi.net')) return 'https://login.microsoftonline.us'
  return 'https://login.microsoftonline.com'
}
