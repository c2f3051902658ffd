import * as z from 'zod'
import { BrokerError } from '../core/errors.ts'
import { percentEncode } from '../core/http-syntax.ts'
import { Secret } from '../core/secret.ts'
import { SECRET_FIELD, secretNameOf } from '../core/secret-field.ts'
import type { AuthScheme } from './auth-scheme.ts'

const PLACE = '{token}'

const settings = z.strictObject({
  type: z.literal('path'),
  token: z
    .string()
    .regex(SECRET_FIELD, 'is not the name of a secret, or of its field')
    .describe('The secret that the path holds.'),
  prefix: z
    .string()
    .regex(
      /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()+,=:@-]*(?:\{token\}[A-Za-z0-9._~!$&'()+,=:@-]*)?)+$/,
      'must be a path with `{token}` in it, e.g. `/bot{token}`',
    )
    .refine(
      (prefix) => prefix.split(PLACE).length === 2,
      'must hold `{token}` once, e.g. `/bot{token}`',
    )
    .refine(
      (prefix) => !prefix.includes('//') && !prefix.endsWith('/'),
      'must have no `//` and no `/` at its end',
    )
    .describe('What stands before the whole path, e.g. `/bot{token}`.'),
})

// What may stand in a path segment as it is (RFC 3986, section 3.3); Telegram's tokens have a colon.
const ENCODED_BUT_ALLOWED = /%(?:21|24|26|27|28|29|2A|2B|2C|3A|3D|40)/g

/**
 * For APIs whose URL is the secret: the prefix stands before the whole path, that of `base_url` included; a path of just
 * `/` adds nothing to it. It is put in after the decision, so neither the action nor the trail holds it.
 */
export const path: AuthScheme<z.output<typeof settings>> = {
  type: 'path',
  description: 'A prefix of the path that holds a secret, for APIs whose URL is the secret',
  settings,
  secrets: ({ token }) => [secretNameOf(token)],
  sets: () => ({ headers: [], query: [] }),
  async apply(request, { token, prefix }, context) {
    const value = context.secrets.get(token).reveal()
    if (value === '' || !value.isWellFormed() || /^\.{1,2}$/.test(value)) {
      throw new BrokerError(
        'secret_invalid',
        `secret \`${token}\` is empty or not text that a path can carry`,
        {
          fix: `set it again: keyhand secret set ${secretNameOf(token)}`,
        },
      )
    }
    const sent = percentEncode(value).replace(ENCODED_BUT_ALLOWED, decodeURIComponent)
    if (sent !== value) context.register(new Secret(secretNameOf(token), sent))
    const before = prefix.split(PLACE).join(sent)
    return {
      request: { ...request, path: request.path === '/' ? before : `${before}${request.path}` },
    }
  },
}
