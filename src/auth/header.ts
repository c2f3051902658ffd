import * as z from 'zod'
import { BrokerError } from '../core/errors.ts'
import { CONNECTION_HEADERS, HEADER_NAME, HEADER_VALUE } from '../core/http-syntax.ts'
import { SECRET_FIELD, secretNameOf } from '../core/secret-field.ts'
import type { AuthScheme } from './auth-scheme.ts'

const settings = z.strictObject({
  type: z.literal('header'),
  name: z
    .string()
    .regex(HEADER_NAME, 'is not the name of a header')
    .refine(
      (name) => !CONNECTION_HEADERS.has(name.toLowerCase()),
      'is a header of the connection: it cannot carry a secret',
    )
    .describe('The header, e.g. X-Api-Key.'),
  value: z
    .string()
    .regex(SECRET_FIELD, 'is not the name of a secret, or of its field')
    .describe('The secret that is its value.'),
  prefix: z
    .string()
    .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
    .regex(/^(?! )/, 'must not start with a space')
    .optional()
    .describe('Text before the value, e.g. "Token ".'),
})

/** A header of the upstream's own: `X-Api-Key: VALUE`, `Authorization: Token VALUE`. */
export const header: AuthScheme<z.output<typeof settings>> = {
  type: 'header',
  description: 'A header of the upstream’s own, with a secret as its value',
  settings,
  secrets: ({ value }) => [secretNameOf(value)],
  sets: ({ name }) => ({ headers: [name.toLowerCase()], query: [] }),
  async apply(request, { name, value: secret, prefix = '' }, context) {
    const value = context.secrets.get(secret).reveal()
    if (value === '' || !HEADER_VALUE.test(value)) {
      throw new BrokerError(
        'secret_invalid',
        `secret \`${secret}\` is empty, or has a line break, a space at an end or a character that a header cannot carry`,
        {
          fix: `set it again without that: keyhand secret set ${secretNameOf(secret)}`,
        },
      )
    }
    return {
      request: {
        ...request,
        headers: [...request.headers, [name.toLowerCase(), `${prefix}${value}`]],
      },
    }
  },
}
