import * as z from 'zod'
import { CATALOG_NAME } from '../core/agent.ts'
import { BrokerError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { SECRET_FIELD, secretNameOf } from '../core/secret-field.ts'
import type { AuthScheme } from './auth-scheme.ts'

const secretName = z.string().regex(CATALOG_NAME, 'is not the name of a secret')
const secretField = z.string().regex(SECRET_FIELD, 'is not the name of a secret, or of its field')

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\x00-\x1f\x7f]/

const settings = z
  .strictObject({
    type: z.literal('basic'),
    username: z
      .string()
      .min(1)
      .refine(
        (name) => !name.includes(':') && !CONTROL.test(name),
        'must have no colon and no control character',
      )
      .optional()
      .describe('The user name, as text; with `password`.'),
    password: secretField.optional().describe('The secret that is the password; with `username`.'),
    login: secretName
      .optional()
      .describe('A secret with the fields `username` and `password`, instead of both.'),
  })
  .refine(
    ({ username, password, login }) =>
      login === undefined
        ? username !== undefined && password !== undefined
        : username === undefined && password === undefined,
    'needs either `username` and `password`, or `login` alone',
  )

/** `Authorization: Basic` (RFC 7617), the pair in UTF-8. */
export const basic: AuthScheme<z.output<typeof settings>> = {
  type: 'basic',
  description: 'Authorization: Basic, with a user name and a secret, or a secret that holds both',
  settings,
  secrets: ({ password, login }) =>
    [login ?? password].filter((name) => name !== undefined).map(secretNameOf),
  sets: () => ({ headers: ['authorization'], query: [] }),
  async apply(request, { username, password, login }, { secrets, register }) {
    const name = login ?? password ?? ''
    const user = login === undefined ? (username ?? '') : secrets.get(login, 'username').reveal()
    const word =
      login === undefined ? secrets.get(name).reveal() : secrets.get(login, 'password').reveal()
    if (user.includes(':') || CONTROL.test(user) || CONTROL.test(word) || word === '') {
      throw new BrokerError(
        'secret_invalid',
        `secret \`${name}\` is empty, or has a line break or control character, or a colon in its user name`,
        {
          fix: `set it again without that: keyhand secret set ${secretNameOf(name)}`,
        },
      )
    }
    // An upstream may echo the pair as it was sent: in base64, where the password does not stand by itself.
    const pair = new Secret(secretNameOf(name), `${user}:${word}`)
    register(pair)
    const value = `Basic ${Buffer.from(pair.reveal(), 'utf8').toString('base64')}`
    return { request: { ...request, headers: [...request.headers, ['authorization', value]] } }
  },
}
