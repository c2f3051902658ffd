import * as z from 'zod'
import { CATALOG_NAME } from '../core/agent.ts'
import type { MintedRule } from '../core/snapshot.ts'

const WORDS = 'must be `withhold`, `allow`, or `{ store: NAME }` with the name of a secret'

const Store = z.strictObject({
  store: z
    .string()
    .regex(CATALOG_NAME, 'must be the name of a secret of this catalog')
    .describe('The secret of this catalog that it becomes the value of'),
  field: z
    .string()
    .regex(/^(\/([^~]|~[01])*)?$/, 'must be a JSON Pointer: `/data/token`')
    .describe('Where it is in a JSON body; without it, the only one that is recognised')
    .optional(),
})

/** What becomes of a credential in an answer that nobody registered. */
export const Minted = z
  .union([z.enum(['withhold', 'allow']), Store], WORDS)
  .describe(
    'What becomes of a credential that an answer brings: taken out (`withhold`, which holds where nothing is said), let through (`allow`), or stored as the value of a secret (`{ store: NAME }`)',
  )
  .transform((minted): MintedRule => {
    if (typeof minted === 'string') return { kind: minted }
    return { kind: 'store', secret: minted.store, field: minted.field ?? null }
  })
