import { describe, expect, it } from 'vitest'
import type { AuthContext, AuthScheme, OutgoingRequest } from '../../src/auth/auth-scheme.ts'
import { BrokerError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { textLike } from '../support/text-like.ts'

/** A value that no message, error or print may contain. */
export const CANARY = 'canary-J7qX2mVw9LpTz4'

export const REQUEST: OutgoingRequest = {
  origin: 'https://api.example.com',
  method: 'POST',
  path: '/v1/things',
  query: [['page', '2']],
  headers: [['accept', 'application/json']],
  body: Buffer.from('{}'),
}

/** A catalog's `auth` and the values of the secrets that it names. */
export interface AuthCase {
  readonly settings: unknown
  /** By name, or by `name.field` where a secret has several. */
  readonly values: Readonly<Record<string, string>>
}

/** What a scheme made of `REQUEST`, and what it registered meanwhile. */
export async function applied(
  scheme: AuthScheme,
  { settings, values }: AuthCase,
  request = REQUEST,
) {
  const registered: Secret[] = []
  const context: AuthContext = {
    action: {
      v: 1,
      tool: 'api',
      type: 'http',
      verb: 'POST',
      target: 'https://api.example.com',
      path: '/things',
      facts: {},
      request: {},
    },
    secrets: {
      get(name, field) {
        const value = values[field === undefined ? name : `${name}.${field}`]
        if (value === undefined)
          throw new BrokerError('secret_invalid', `secret \`${name}\` has no such field`)
        return new Secret(name, value, field ?? null)
      },
    },
    now: 0,
    signal: new AbortController().signal,
    register: (secret) => registered.push(secret),
  }
  const result = await scheme.apply(request, scheme.settings.parse(settings), context)
  return { request: result.request, registered: registered.map((secret) => secret.reveal()) }
}

/** What holds for every auth scheme. `valid` uses `CANARY` as the value, or part of the value, of its secrets. */
export function authSchemeContract(scheme: AuthScheme, valid: AuthCase): void {
  describe(`the contract of auth schemes: ${scheme.type}`, () => {
    it('takes settings with its type, and no key that it does not know', () => {
      expect(scheme.settings.safeParse(valid.settings).success).toBe(true)
      expect(scheme.settings.safeParse({ ...Object(valid.settings), surprise: 1 }).success).toBe(
        false,
      )
      expect(scheme.settings.safeParse({ ...Object(valid.settings), type: 'other' }).success).toBe(
        false,
      )
    })

    it('names the secrets that it needs, and refuses what is no name of one', () => {
      const names = scheme.secrets(scheme.settings.parse(valid.settings))
      expect(names.length).toBeGreaterThan(0)
      for (const name of names) {
        const broken = JSON.parse(
          JSON.stringify(valid.settings).replaceAll(`"${name}"`, '"Not A Name"'),
        ) as unknown
        expect(scheme.settings.safeParse(broken).success).toBe(false)
      }
    })

    it('puts the credential on and changes nothing else', async () => {
      const { request } = await applied(scheme, valid)
      expect(request).not.toEqual(REQUEST)
      const { origin, method, body } = request
      expect({ origin, method, body }).toEqual({
        origin: REQUEST.origin,
        method: REQUEST.method,
        body: REQUEST.body,
      })
      expect(request.headers.slice(0, REQUEST.headers.length)).toEqual(REQUEST.headers)
      expect(request.query.slice(0, REQUEST.query.length)).toEqual(REQUEST.query)
      expect(request.path.endsWith(REQUEST.path)).toBe(true)
    })

    it('says which names it sets, and sets no others', async () => {
      const { request } = await applied(scheme, valid)
      const sets = scheme.sets(scheme.settings.parse(valid.settings))
      expect(request.headers.slice(REQUEST.headers.length).map(([name]) => name)).toEqual(
        sets.headers,
      )
      expect(request.query.slice(REQUEST.query.length).map(([name]) => name.toLowerCase())).toEqual(
        sets.query,
      )
    })

    it('leaves the request that it was given as it was', async () => {
      const given = structuredClone({ ...REQUEST, body: null })
      await applied(scheme, valid, given)
      expect(given).toEqual({ ...REQUEST, body: null })
    })

    it('refuses an empty value, without saying what it would have sent', async () => {
      const values = Object.fromEntries(
        Object.keys(valid.values).map((name) => [name, name.endsWith('.username') ? 'ann' : '']),
      )
      const failed = await applied(scheme, { ...valid, values }).catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(BrokerError)
      expect(failed).toMatchObject({
        code: 'secret_invalid',
        message: textLike('is empty'),
      })
    })

    it('shows no value in an error', async () => {
      const values = Object.fromEntries(
        Object.entries(valid.values).map(([name, value]) => [name, `${value}\r\nX-Evil: 1\ud800`]),
      )
      const failed = await applied(scheme, { ...valid, values }).catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(BrokerError)
      expect(failed).toMatchObject({ code: 'secret_invalid' })
      expect(JSON.stringify([String(failed), failed])).not.toContain(CANARY)
    })
  })
}
