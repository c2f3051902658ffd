import { CONNECTION_HEADERS } from '../../core/http-syntax.ts'

/** What an agent may send where the catalog adds nothing. */
export const DEFAULT_REQUEST_HEADERS: readonly string[] = [
  'accept',
  'accept-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'prefer',
  'x-request-id',
]

// Each of them changes who asks, where from, what for, or how much of the answer redaction gets to see.
const NEVER_THE_AGENTS: ReadonlySet<string> = new Set([
  ...CONNECTION_HEADERS,
  'accept-encoding',
  'authorization',
  'cf-connecting-ip',
  'content-encoding',
  'cookie',
  'cookie2',
  'forwarded',
  'if-range',
  'range',
  'true-client-ip',
  'via',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
])
const NEVER_THE_AGENTS_PREFIXES = ['proxy-', 'x-forwarded-', 'x-http-method-', 'x-original-']

/** Whether a header may never come from an agent, whatever the catalog says. Gateways read `_` as `-`, so it counts as one. */
export function isForbiddenToAgents(name: string): boolean {
  const folded = name.toLowerCase().replaceAll('_', '-')
  return (
    NEVER_THE_AGENTS.has(folded) ||
    NEVER_THE_AGENTS_PREFIXES.some((prefix) => folded.startsWith(prefix))
  )
}

/** Whether the catalog may not fix a header either: the connection's own, and those that carry a credential. */
export function isForbiddenToCatalog(name: string): boolean {
  const folded = name.toLowerCase()
  return (
    CONNECTION_HEADERS.has(folded) ||
    folded === 'accept-encoding' ||
    folded === 'range' ||
    folded === 'if-range'
  )
}

/** Whether it carries a credential, which belongs into `auth`. */
export function isCredentialHeader(name: string): boolean {
  return ['authorization', 'cookie', 'proxy-authorization'].includes(name.toLowerCase())
}

const RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  'content-disposition',
  'content-language',
  'content-type',
  'deprecation',
  'etag',
  'last-modified',
  'link',
  'location',
  'retry-after',
  'sunset',
  'x-has-more',
  'x-next-cursor',
  'x-next-page',
  'x-page',
  'x-per-page',
  'x-prev-page',
  'x-request-id',
  'x-total',
  'x-total-count',
  'x-total-pages',
])

/** Whether a response header is delivered: what a model can act on, pagination and rate limits among it. */
export function isDelivered(name: string, extra: readonly string[]): boolean {
  return (
    RESPONSE_HEADERS.has(name) || /^(?:x-)?rate-?limit(?:-|$)/.test(name) || extra.includes(name)
  )
}
