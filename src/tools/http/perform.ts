import type { AuthScheme, OutgoingRequest } from '../../auth/auth-scheme.ts'
import type { Action } from '../../core/action.ts'
import type { Json } from '../../core/json.ts'
import type { CallContext, Performed, ToolResult } from '../tool-type.ts'
import type { Connections } from './connection.ts'
import { type DeliveredBody, deliveredBody, LOOK_AHEAD } from './delivered-body.ts'
import { type Exchange, exchange } from './exchange.ts'
import { isDelivered } from './header-rules.ts'
import type { HttpInput } from './input.ts'
import { isRedirect, redirectTarget, shownLocation } from './redirect.ts'
import { type HttpRequest, outgoing, requestOf } from './request.ts'
import { type HttpSettings, setByAuth } from './settings.ts'

export interface PerformOptions {
  readonly authSchemes: ReadonlyMap<string, AuthScheme>
  readonly connections: Connections
}

/** Puts the credential on a decided request, sends it, and gives back what the agent may see of the answer. */
export async function performHttp(
  action: Action,
  settings: HttpSettings,
  call: CallContext,
  options: PerformOptions,
): Promise<Performed> {
  const request = requestOf(action)
  // Before the credential is touched: an address that is refused, or a `ca` that cannot be read.
  const dispatcher = await options.connections.open(settings)
  const sent = await withCredential(action, outgoing(request), settings, call, options.authSchemes)
  const answer = await exchange(dispatcher, sent, {
    maxBytes: settings.max_response + LOOK_AHEAD,
    timeoutMs: settings.timeout,
    signal: call.signal,
  })
  const body = await deliveredBody(
    {
      bytes: answer.body,
      complete: answer.complete,
      contentType: first(answer.headers['content-type']),
      select: request.select,
      maxBytes: request.max_bytes,
      maxResponse: settings.max_response,
      binary: request.binary,
      succeeded: answer.status >= 200 && answer.status < 300,
    },
    call.redaction,
  )
  const headers = await deliveredHeaders(answer, settings, call)
  if (settings.auth !== undefined && isCredentialRefused(answer.status, request.method)) {
    return { kind: 'credential_rejected', result: toolResult(answer, headers, body, []) }
  }
  const location = first(answer.headers['location'])
  if (location === null || !isRedirect(answer.status))
    return { kind: 'done', result: toolResult(answer, headers, body, []) }
  const next = await nextInput(location, action, request, sent, settings, call, options.authSchemes)
  if (typeof next !== 'string')
    return { kind: 'redirect', input: next, result: toolResult(answer, headers, body, []) }
  return {
    kind: 'done',
    result: toolResult(answer, headers, body, [`the redirect is not followed: ${next}`]),
  }
}

async function withCredential(
  action: Action,
  request: OutgoingRequest,
  settings: HttpSettings,
  call: CallContext,
  authSchemes: ReadonlyMap<string, AuthScheme>,
): Promise<OutgoingRequest> {
  const scheme =
    settings.auth === undefined ? undefined : authSchemes.get(String(settings.auth['type']))
  if (scheme === undefined) return request
  const applied = await scheme.apply(request, settings.auth, {
    action,
    secrets: call.secrets,
    now: call.now(),
    signal: call.signal,
    register: (secret) => call.register(secret),
  })
  return applied.request
}

/** The input that a redirect asks for, or why there is none. */
async function nextInput(
  location: string,
  action: Action,
  request: HttpRequest,
  sent: OutgoingRequest,
  settings: HttpSettings,
  call: CallContext,
  authSchemes: ReadonlyMap<string, AuthScheme>,
): Promise<HttpInput | string> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return `a ${request.method} request is never sent on`
  if (request.body !== null) return 'a request with a body is never sent on'
  if (sent.path !== request.path) return 'the path of this API holds a secret'
  const target = redirectTarget(location, {
    origin: request.origin,
    basePath: settings.base_url.path,
    syntax: { encodedSlash: settings.path.encoded_slash, semicolon: settings.path.semicolon },
    setByAuth: setByAuth(settings, authSchemes).query,
  })
  if (typeof target === 'string') return target
  const query: Record<string, string[]> = {}
  for (const [key, value] of target.query) {
    if (key === '__proto__') return 'its query is not one that keyhand would send the same'
    query[key] = [...(Object.hasOwn(query, key) ? (query[key] ?? []) : []), value]
  }
  // A new action is recorded, and an upstream's word in it would be too.
  const shown = JSON.stringify([target.path, query])
  const minted = await call.redaction.mintedText(shown, { complete: true, mayStore: false })
  if (minted.value !== shown || call.redaction.text(shown) !== shown)
    return 'its address holds a secret'
  return {
    method: request.method,
    path: target.path,
    query,
    headers: agentHeaders(action, request),
    ...(request.select === null ? {} : { select: request.select }),
    max_bytes: request.max_bytes,
    binary: request.binary,
  }
}

/** A 401 did nothing; a 403 says less, so only what changes nothing may be sent again after one. */
function isCredentialRefused(status: number, method: string): boolean {
  return status === 401 || (status === 403 && (method === 'GET' || method === 'HEAD'))
}

/** The headers that the agent gave: the others are set anew. */
function agentHeaders({ facts }: Action, request: HttpRequest): Record<string, string> {
  const given = Array.isArray(facts['headers']) ? facts['headers'] : []
  return Object.fromEntries(request.headers.filter(([name]) => given.includes(name)))
}

function toolResult(
  answer: Exchange,
  headers: Json,
  body: DeliveredBody,
  more: readonly string[],
): ToolResult {
  const notes = [...more, ...body.notes]
  return {
    structured: {
      status: answer.status,
      headers,
      ...body.fields,
      ...(notes.length === 0 ? {} : { notes }),
    },
    failed: answer.status >= 400,
    status: answer.status,
    bytes: answer.body.length,
  }
}

async function deliveredHeaders(
  { headers }: Exchange,
  settings: HttpSettings,
  call: CallContext,
): Promise<Json> {
  const delivered: Record<string, Json> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || !isDelivered(name, settings.response_headers)) continue
    const text = typeof value === 'string' ? value : value.join(', ')
    delivered[name] = name === 'location' ? shownLocation(text, settings.base_url.origin) : text
  }
  // All at once: a value may be in pieces over several.
  return (await call.redaction.mintedJson(call.redaction.json(delivered), false)).value
}

function first(value: string | string[] | undefined): string | null {
  return (typeof value === 'string' ? value : value?.[0]) ?? null
}
