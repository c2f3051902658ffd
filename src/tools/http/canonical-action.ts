import { type Action, freezeAction } from '../../core/action.ts'
import { HEADER_NAME, HEADER_VALUE } from '../../core/http-syntax.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { canonicalPath } from './canonical-path.ts'
import { httpFacts, MAX_QUERY_PAIRS } from './facts.ts'
import { isForbiddenToAgents } from './header-rules.ts'
import { allowedHeaders, DEFAULT_MAX_BYTES, type HttpInput } from './input.ts'
import type { HttpRequest } from './request.ts'
import { bodyText } from './request-body.ts'
import type { HttpSettings } from './settings.ts'

const MAX_QUERY_LENGTH = 8_192

type Pairs = [string, string][]

/** Makes the one action of an input, or says what to write instead. Nothing is repaired. */
export function canonicalAction(
  tool: string,
  input: HttpInput,
  settings: HttpSettings,
  setByAuth: { readonly headers: readonly string[]; readonly query: readonly string[] },
): Action | Refusal {
  const { base_url: base } = settings
  const path = canonicalPath(input.path, {
    encodedSlash: settings.path.encoded_slash,
    semicolon: settings.path.semicolon,
  })
  if ('error' in path) return refuse('invalid_input', `the path ${path.error}`, path.fix)
  const query = queryPairs(input.query ?? {}, setByAuth.query)
  if (isRefusal(query)) return query
  const given = headerPairs(input.headers ?? {}, settings, setByAuth.headers)
  if (isRefusal(given)) return given
  const body = bodyText(input)
  if (isRefusal(body)) return body
  if (input.binary === true && !settings.binary) {
    return refuse(
      'invalid_input',
      'this tool returns no binary bodies',
      'leave `binary` out; a human can say `binary: true` in the catalog',
    )
  }
  const request: HttpRequest = {
    origin: base.origin,
    method: input.method,
    path: `${base.path}${path.text}`,
    query,
    headers: sentHeaders(settings, given, body),
    body: body?.text ?? null,
    select: input.select ?? null,
    max_bytes: input.max_bytes ?? Math.min(DEFAULT_MAX_BYTES, settings.max_response),
    binary: input.binary ?? false,
  }
  return freezeAction({
    v: 1,
    tool,
    type: 'http',
    verb: input.method,
    target: `${base.origin}${base.path}`,
    path: path.text,
    facts: httpFacts({
      method: input.method,
      origin: base.origin,
      segments: path.segments,
      query,
      headers: given.map(([name]) => name),
      hasBody: body !== null,
    }),
    request,
  })
}

function queryPairs(
  query: NonNullable<HttpInput['query']>,
  setByAuth: readonly string[],
): Pairs | Refusal {
  const pairs: Pairs = []
  for (const [key, value] of Object.entries(query)) {
    const name = key.trim().toLowerCase()
    if (setByAuth.includes(name))
      return refuse(
        'invalid_input',
        `the query parameter \`${name}\` is set by keyhand`,
        'leave it out',
      )
    if (
      /^_?(?:x-)?(?:http-?)?method(?:-?override)?$/.test(
        name.replaceAll('_', '-').replace(/^-/, '_'),
      )
    ) {
      // `method` alone is an ordinary name; the others make some servers take a POST for a DELETE.
      if (name !== 'method')
        return refuse(
          'invalid_input',
          `the query parameter \`${name}\` would override the method`,
          'say the method in `method`',
        )
    }
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item === 'number' && Number.isInteger(item) && !Number.isSafeInteger(item)) {
        return refuse(
          'invalid_input',
          'a query value is an integer beyond 2^53, which has lost digits',
          'write it as text, in quotes',
        )
      }
      const text = String(item)
      if (!key.isWellFormed() || !text.isWellFormed())
        return refuse(
          'invalid_input',
          'the query holds half of a surrogate pair',
          'write well-formed text',
        )
      pairs.push([key, text])
    }
  }
  if (pairs.length > MAX_QUERY_PAIRS)
    return refuse(
      'invalid_input',
      `the query has more than ${MAX_QUERY_PAIRS} parameters`,
      'send fewer, or send them in the body where the API takes that',
    )
  const length = pairs.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (length > MAX_QUERY_LENGTH)
    return refuse(
      'invalid_input',
      `the query is longer than ${MAX_QUERY_LENGTH} characters`,
      'send less',
    )
  return pairs
}

function headerPairs(
  headers: NonNullable<HttpInput['headers']>,
  settings: HttpSettings,
  setByAuth: readonly string[],
): Pairs | Refusal {
  const allowed = allowedHeaders(settings, setByAuth)
  const pairs: Pairs = []
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase()
    if (!HEADER_NAME.test(name))
      return refuse(
        'invalid_input',
        'a header’s name holds a character that none may have',
        `the headers are: ${allowed.join(', ')}`,
      )
    if (isForbiddenToAgents(name))
      return refuse(
        'invalid_input',
        `the header \`${name}\` is never the agent's to set`,
        'leave it out',
      )
    if (!allowed.includes(name))
      return refuse(
        'invalid_input',
        `the header \`${name}\` is not one that this tool lets agents set`,
        `leave it out; the headers are: ${allowed.join(', ')}`,
      )
    if (!HEADER_VALUE.test(value) || value === '')
      return refuse(
        'invalid_input',
        `the header \`${name}\` has a value that a header cannot carry`,
        'write printable ASCII, without line breaks and without spaces at its ends',
      )
    if (pairs.some(([known]) => known === name))
      return refuse('invalid_input', `the header \`${name}\` stands there twice`, 'write it once')
    pairs.push([name, value])
  }
  return pairs
}

/** All headers but the credential and the connection's own: so the action's id covers them. */
function sentHeaders(
  settings: HttpSettings,
  given: Pairs,
  body: { readonly contentType: string } | null,
): Pairs {
  const headers = new Map<string, string>([
    ['accept', 'application/json, */*;q=0.8'],
    ['user-agent', 'keyhand'],
  ])
  if (body !== null) headers.set('content-type', body.contentType)
  for (const [name, value] of given) headers.set(name, value)
  for (const [name, value] of settings.headers) headers.set(name, value)
  headers.set('accept-encoding', 'gzip, br')
  return [...headers]
}
