import * as z from 'zod'
import { BrokerError } from '../core/errors.ts'
import { percentEncode } from '../core/http-syntax.ts'
import { Secret } from '../core/secret.ts'
import { SECRET_FIELD, secretNameOf } from '../core/secret-field.ts'
import type { AuthScheme } from './auth-scheme.ts'

const settings = z.strictObject({
  type: z.literal('query'),
  name: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters')
    .describe('The query parameter, e.g. api_key.'),
  value: z
    .string()
    .regex(SECRET_FIELD, 'is not the name of a secret, or of its field')
    .describe('The secret that is its value.'),
})

/** A query parameter that only keyhand sets: `?api_key=VALUE`. */
export const query: AuthScheme<z.output<typeof settings>> = {
  type: 'query',
  description: 'A query parameter, with a secret as its value',
  settings,
  secrets: ({ value }) => [secretNameOf(value)],
  sets: ({ name }) => ({ headers: [], query: [name.toLowerCase()] }),
  async apply(request, { name, value: secret }, context) {
    const value = context.secrets.get(secret).reveal()
    if (value === '' || !value.isWellFormed()) {
      throw new BrokerError(
        'secret_invalid',
        `secret \`${secret}\` is empty or not text that a URL can carry`,
        {
          fix: `set it again: keyhand secret set ${secretNameOf(secret)}`,
        },
      )
    }
    const sent = percentEncode(value)
    if (sent !== value) context.register(new Secret(secretNameOf(secret), sent))
    return { request: { ...request, query: [...request.query, [name, value]] } }
  },
}
