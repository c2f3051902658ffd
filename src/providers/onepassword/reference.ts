import * as z from 'zod'
import { CATALOG_NAME } from '../../core/agent.ts'
import { serviceAddress } from '../https-json/service-address.ts'

const absolute = z
  .string()
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/])/, 'must be an absolute path')
const secretName = z
  .string()
  .regex(CATALOG_NAME, 'must be the name of a secret of the catalog, never its value')

export const onePasswordReference = z
  .strictObject({
    reference: z
      .string()
      .max(1024)
      .regex(
        /^op:\/\/[^/?\p{Cc}]+(\/[^/?\p{Cc}]+){1,3}$/u,
        'must be `op://vault/item/field`, `op://vault/item/section/field`, or `op://vault/item`',
      )
      .optional()
      .describe('`op://vault/item/field`; `op://vault/item` gives all fields'),
    environment: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the ID of a 1Password Environment')
      .optional()
      .describe('The ID of a 1Password Environment, for a service account'),
    key: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('One variable of the environment; all of them where it is left out'),
    connect: z
      .strictObject({
        address: serviceAddress.describe('https://connect.example.com'),
        token: secretName.describe('The secret that holds its access token'),
        ca: absolute.optional().describe('PEM file of the authority of its certificate'),
      })
      .optional()
      .describe('By a Connect server'),
    service_account: secretName.optional().describe('The secret that holds its token'),
    program: absolute.optional().describe('The `op` program, as the user who is logged in'),
    account: z
      .string()
      .regex(/^[^-\s]\S{0,255}$/)
      .optional()
      .describe('Which account of that program: `my.1password.com`'),
  })
  .refine((one) => (one.reference === undefined) !== (one.environment === undefined), {
    error: 'must say what: `reference: op://vault/item/field`, or `environment`',
  })
  .refine(
    ({ connect, service_account, program }) =>
      [connect, service_account, program].filter((one) => one !== undefined).length === 1,
    { error: 'must say one way to log in: `connect`, `service_account` or `program`' },
  )
  .refine((one) => one.environment === undefined || one.service_account !== undefined, {
    error: 'can be read with a `service_account` only',
    path: ['environment'],
  })
  .refine((one) => one.key === undefined || one.environment !== undefined, {
    error: 'is for an `environment`; a field stands in the reference',
    path: ['key'],
  })
  .refine((one) => one.account === undefined || one.program !== undefined, {
    error: 'needs `program` beside it',
    path: ['account'],
  })

export type OnePasswordReference = z.infer<typeof onePasswordReference>

/** What a secret reference names: by name or by ID, in any case. */
export interface ItemPath {
  readonly vault: string
  readonly item: string
  readonly section: string | null
  /** Null where all fields are meant. */
  readonly field: string | null
}

export function itemPathOf(reference: string): ItemPath {
  const [vault = '', item = '', third, fourth] = reference.slice('op://'.length).split('/')
  return {
    vault,
    item,
    section: fourth === undefined ? null : (third ?? null),
    field: fourth ?? third ?? null,
  }
}
