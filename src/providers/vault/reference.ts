import * as z from 'zod'
import { CATALOG_NAME } from '../../core/agent.ts'
import { serviceAddress } from '../https-json/service-address.ts'

/** A path as the `vault` command takes it: below nothing, and without what a URL would read otherwise. */
const path = z
  .string()
  .min(1)
  .max(1024)
  .regex(
    /^(?!\/)(?!.*(\/\/|(^|\/)\.{1,2}(\/|$)))[^\p{Cc}?#%\\]*[^\p{Cc}?#%\\/]$/u,
    'must be a path such as `secret/app` (no `/` at its ends, no `..`, `?`, `#`, `%`)',
  )
const text = z.string().min(1).max(2048)
const secretName = z
  .string()
  .regex(CATALOG_NAME, 'must be the name of a secret of the catalog, never its value')
const file = z
  .string()
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/])/, 'must be an absolute path')

const oneOf = (a: string, b: string) => ({ error: `must have either \`${a}\` or \`${b}\`` })

const auth = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('token'),
        token: secretName.optional().describe('The secret that holds the token'),
        file: file.optional().describe('A file that holds it: `vault login`, an agent’s sink'),
      })
      .refine((auth) => (auth.token === undefined) !== (auth.file === undefined), {
        ...oneOf('token', 'file'),
      }),
    z.strictObject({
      type: z.literal('approle'),
      role_id: text,
      secret_id: secretName.optional().describe('The secret that holds the secret id'),
      mount: path.optional(),
    }),
    z.strictObject({
      type: z.literal('kubernetes'),
      role: text,
      file: file.optional().describe('The token of the service account, where it is not the pod’s'),
      mount: path.optional(),
    }),
    z
      .strictObject({
        type: z.literal('jwt'),
        role: text.optional().describe('The default role of the mount where it is left out'),
        jwt: secretName.optional().describe('The secret that holds the JWT'),
        file: file.optional().describe('A file that holds it'),
        mount: path.optional(),
      })
      .refine((auth) => (auth.jwt === undefined) !== (auth.file === undefined), {
        ...oneOf('jwt', 'file'),
      }),
  ])
  .describe('How keyhand logs in')

export const vaultReference = z
  .strictObject({
    path: path.describe('As the `vault` command takes it: `secret/app`, `database/creds/orders`'),
    key: text.optional().describe('One field; all of them where it is left out'),
    version: z.int().min(1).optional().describe('One version of a KV v2 secret'),
    parameters: z
      .record(text, z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('What a dynamic path wants to be told: the path is then written, not read'),
    engine: z
      .enum(['kv-v1', 'kv-v2', 'dynamic'])
      .optional()
      .describe('What is mounted there; Vault is asked where it is left out'),
    mount: path.optional().describe('Where `engine` is mounted, if not at the first segment'),
    address: serviceAddress.optional().describe('https://vault.example.com:8200'),
    namespace: path.optional(),
    ca: file.optional().describe('PEM file of the authority that signed its certificate'),
    auth: auth.optional(),
    from_environment: z
      .boolean()
      .optional()
      .describe(
        'True: VAULT_ADDR, VAULT_NAMESPACE, VAULT_CACERT and VAULT_TOKEN fill what is left out',
      ),
  })
  .refine(({ address, from_environment: also }) => address !== undefined || also === true, {
    error: 'is missing: where Vault is, as `https://vault.example.com:8200`',
    path: ['address'],
  })
  .refine(({ auth, from_environment: also }) => auth !== undefined || also === true, {
    error: 'is missing: how keyhand logs in, as `{type: approle, role_id: …, secret_id: NAME}`',
    path: ['auth'],
  })
  .refine(({ mount, engine }) => mount === undefined || engine !== undefined, {
    error: 'needs `engine` beside it',
    path: ['mount'],
  })

export type VaultReference = z.infer<typeof vaultReference>
export type VaultAuth = z.infer<typeof auth>

/** The names of the secrets that a login needs. */
export function secretsOfLogin({ auth }: VaultReference): readonly string[] {
  if (auth === undefined) return []
  const name = { token: 'token', approle: 'secret_id', jwt: 'jwt', kubernetes: 'file' }[auth.type]
  if (name === 'file') return []
  const value: unknown = Reflect.get(auth, name)
  return typeof value === 'string' ? [value] : []
}
