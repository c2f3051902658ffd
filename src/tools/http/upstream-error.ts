import { BrokerError } from '../../core/errors.ts'

const TLS =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(?:VERIFY|GET|DECODE|DECRYPT)_|CRL_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|EPROTO$|PATH_LENGTH_)/
const TIMEOUT = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
])
const INVALID =
  /^(?:HPE_|UND_ERR_(?:HEADERS_OVERFLOW|RES_|RESPONSE|INVALID|NOT_SUPPORTED)|Z_|ERR_(?:BROTLI|ZLIB|_ERROR)|ERR_ENCODING_|ERR_BUFFER_)/

/**
 * What went wrong between keyhand and an upstream, as an error of ours. Of a library's error only the code is kept: its text may
 * hold what was sent or received.
 */
export function upstreamError(thrown: unknown, origin: string): BrokerError {
  const own = chain(thrown).find((error) => error instanceof BrokerError)
  if (own !== undefined) return own
  const codes = chain(thrown)
    .map(codeOf)
    .filter((code) => code !== null)
  const code = codes.find((known) => TLS.test(known)) ?? codes[0] ?? null
  const said = code === null ? '' : ` (${code})`
  if (code !== null && TLS.test(code)) {
    return new BrokerError(
      'upstream_tls',
      `the certificate or TLS of ${origin} is not accepted${said}`,
      {
        fix: 'check the host; where its certificate authority is a private one, name its PEM file as `ca:` in the catalog',
      },
    )
  }
  if (code !== null && TIMEOUT.has(code)) return timedOut(origin, said)
  if (code !== null && INVALID.test(code))
    return new BrokerError(
      'upstream_invalid',
      `${origin} sent an answer that is not valid HTTP${said}`,
    )
  return new BrokerError(
    'upstream_unreachable',
    `${origin} cannot be reached, or closed the connection${said}`,
  )
}

/** The time of a request is over. */
export function timedOut(origin: string, said = ''): BrokerError {
  return new BrokerError(
    'upstream_timeout',
    `${origin} did not answer in time${said}; whether it did something is not known`,
  )
}

function chain(thrown: unknown): readonly unknown[] {
  const all: unknown[] = []
  let next = thrown
  while (next !== undefined && next !== null && all.length < 5) {
    all.push(next)
    const inner: unknown = next instanceof AggregateError ? next.errors : []
    if (Array.isArray(inner)) all.push(...inner.slice(0, 5).map((error: unknown) => error))
    next = next instanceof Error ? next.cause : undefined
  }
  return all
}

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null
  if ('name' in error && error.name === 'HTTPParserError') return 'HPE_INVALID'
  if (!('code' in error)) return null
  return typeof error.code === 'string' && /^[A-Z0-9_]{2,60}$/.test(error.code) ? error.code : null
}
