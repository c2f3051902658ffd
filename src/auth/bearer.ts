import * as z from 'zod'
import { BrokerError } from '../core/errors.ts'
import { HEADER_VALUE } from '../core/http-syntax.ts'
import { SECRET_FIELD, secretNameOf } from '../core/secret-field.ts'
import type { AuthScheme } from './auth-scheme.ts'

const settings = z.strictObject({
  type: z.literal('bearer'),
  token: z
    .string()
    .regex(SECRET_FIELD, 'is not the name of a secret, or of its field')
    .describe('The secret that is the token.'),
})

/** `Authorization: Bearer TOKEN` (RFC 6750, section 2.1). */
export const bearer: AuthScheme<z.output<typeof settings>> = {
  type: 'bearer',
  description: 'Authorization: Bearer, with a secret as the token',
  settings,
  secrets: ({ token }) => [secretNameOf(token)],
  sets: () => ({ headers: ['authorization'], query: [] }),
  async apply(request, { token }, context) {
    const value = context.secrets.get(token).reveal()
    if (value === '' || !HEADER_VALUE.test(value)) {
      throw new BrokerError(
        'secret_invalid',
        `secret \`${token}\` is empty, or has a line break, a space at an end or a character that a header cannot carry`,
        {
          fix: `set it again without that: keyhand secret set ${secretNameOf(token)}`,
        },
      )
    }
    return {
      request: { ...request, headers: [...request.headers, ['authorization', `Bearer ${value}`]] },
    }
  },
}
