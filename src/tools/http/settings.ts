import { isAbsolute } from 'node:path'
import * as z from 'zod'
import type { AuthScheme } from '../../auth/auth-scheme.ts'
import { HEADER_NAME, HEADER_VALUE } from '../../core/http-syntax.ts'
import { parseBaseUrl } from './base-url.ts'
import { isCredentialHeader, isForbiddenToAgents, isForbiddenToCatalog } from './header-rules.ts'
import { duration, size } from './quantity.ts'

/** What the catalog says of one HTTP tool, as it was parsed. */
export type HttpSettings = z.output<ReturnType<typeof httpSettings>>

const headerName = z
  .string()
  .regex(HEADER_NAME, 'is not the name of a header')
  .transform((name) => name.toLowerCase())

const baseUrl = z.string().transform((text, context) => {
  const parsed = parseBaseUrl(text)
  if (!('error' in parsed)) return parsed
  context.addIssue({ code: 'custom', message: parsed.error })
  return z.NEVER
})

const proxy = z.string().transform((text, context) => {
  const parsed = parseBaseUrl(text)
  if (!('error' in parsed) && parsed.path === '') return parsed.origin
  context.addIssue({
    code: 'custom',
    message: 'error' in parsed ? parsed.error : 'must have no path',
  })
  return z.NEVER
})

const fixedHeaders = z.record(z.string(), z.string()).transform((headers, context) => {
  const pairs: (readonly [string, string])[] = []
  for (const [name, value] of Object.entries(headers)) {
    const message = fixedHeaderProblem(name, value, pairs)
    if (message === null) pairs.push([name.toLowerCase(), value])
    else context.addIssue({ code: 'custom', path: [name], message })
  }
  return pairs
})

/** The schema of the catalog's `type: http`, for the auth schemes that there are. */
export function httpSettings(authSchemes: ReadonlyMap<string, AuthScheme>) {
  const shape = z.strictObject({
    base_url: baseUrl.describe(
      'Where all requests go: `https://host`, or with a path that nothing leaves. `http:` only to this machine.',
    ),
    auth: authSetting(authSchemes).optional().describe('How a secret is put on each request.'),
    headers: fixedHeaders
      .default([])
      .describe('Headers of every request; an agent cannot change them.'),
    allow_headers: z
      .array(agentHeader())
      .default([])
      .describe('Request headers that agents may send, besides the usual ones.'),
    response_headers: z
      .array(responseHeader())
      .default([])
      .describe('Response headers that agents see, besides the usual ones.'),
    timeout: duration('100ms', '10m')
      .default(30_000)
      .describe('How long one request may take, all in all. Default `30s`.'),
    max_response: size('1KiB', '64MiB')
      .default(1_048_576)
      .describe('How much of a response is read, after decompression. Default `1MiB`.'),
    network: z
      .enum(['private', 'loopback'])
      .optional()
      .describe('Addresses that a name may lead to, besides public ones.'),
    plaintext: z
      .boolean()
      .default(false)
      .describe(
        'Whether `http:` may go to another machine: secrets then cross the network in the clear.',
      ),
    ca: z
      .string()
      .refine(isAbsolute, 'must be an absolute path')
      .optional()
      .describe('A PEM file with the only certificate authorities to trust.'),
    proxy: proxy
      .optional()
      .describe('An HTTP proxy, `http://host:port`. `HTTPS_PROXY` is ignored.'),
    path: z
      .strictObject({
        encoded_slash: z
          .boolean()
          .default(false)
          .describe('Whether `%2F` may stand in a path; it belongs to its segment.'),
        semicolon: z.boolean().default(false).describe('Whether `;` may stand in a path.'),
      })
      .default({ encoded_slash: false, semicolon: false })
      .describe('What paths may hold that servers read in different ways.'),
    binary: z
      .boolean()
      .default(true)
      .describe('Whether agents may ask for binary bodies, in base64.'),
  })
  return shape.superRefine((settings, context) => {
    const { base_url: base } = settings
    if (!base.secure && !base.loopback && !settings.plaintext) {
      context.addIssue({
        code: 'custom',
        path: ['base_url'],
        message:
          'is not encrypted: write `https://`, or add `plaintext: true` if secrets may cross this network in the clear',
      })
    }
    const scheme =
      settings.auth === undefined ? undefined : authSchemes.get(String(settings.auth['type']))
    const set = scheme?.sets(settings.auth).headers ?? []
    for (const [name] of settings.headers) {
      if (set.includes(name))
        context.addIssue({
          code: 'custom',
          path: ['headers'],
          message: `\`${name}\` is set by \`auth\`: leave it out here`,
        })
    }
    for (const [index, name] of settings.allow_headers.entries()) {
      if (set.includes(name))
        context.addIssue({
          code: 'custom',
          path: ['allow_headers', index],
          message: `\`${name}\` is set by \`auth\`: it is never the agent's`,
        })
    }
  })
}

/** The names that the auth scheme of these settings sets on a request. */
export function setByAuth(settings: HttpSettings, authSchemes: ReadonlyMap<string, AuthScheme>) {
  const scheme =
    settings.auth === undefined ? undefined : authSchemes.get(String(settings.auth['type']))
  return scheme?.sets(settings.auth) ?? { headers: [], query: [] }
}

function authSetting(authSchemes: ReadonlyMap<string, AuthScheme>) {
  const options = [...authSchemes.values()].map(({ type, settings }) => {
    if (settings instanceof z.ZodObject) return settings
    throw new TypeError(`the settings of auth scheme ${type} are not an object`)
  })
  const [first, ...rest] = options
  if (first === undefined) throw new TypeError('there is no auth scheme')
  return z.discriminatedUnion('type', [first, ...rest])
}

function agentHeader() {
  return headerName.refine(
    (name) => !isForbiddenToAgents(name),
    'is never the agent’s: a header that names hosts, credentials, ranges or the connection',
  )
}

function responseHeader() {
  return headerName.refine(
    (name) => !/^(?:set-cookie2?|authorization|proxy-authorization)$/.test(name),
    'carries a credential: agents never see it',
  )
}

function fixedHeaderProblem(
  name: string,
  value: string,
  pairs: readonly (readonly [string, string])[],
): string | null {
  if (!HEADER_NAME.test(name)) return 'is not the name of a header'
  if (isCredentialHeader(name))
    return 'carries a credential: put the value into a secret and use `auth`'
  if (isForbiddenToCatalog(name)) return 'belongs to the connection: keyhand sets it'
  if (!HEADER_VALUE.test(value))
    return 'has a value that a header cannot carry: printable ASCII, no line break, no space at an end'
  if (pairs.some(([known]) => known === name.toLowerCase())) return 'stands there twice'
  return null
}
