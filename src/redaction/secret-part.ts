/** Fields of a secret that are no secret themselves: to blank every `postgres` or `5432` would mangle honest output. */
const PUBLIC_FIELDS: ReadonlySet<string> = new Set([
  'username',
  'user',
  'user_name',
  'host',
  'hostname',
  'port',
  'dbname',
  'database',
  'engine',
  'dbinstanceidentifier',
  'dbclusteridentifier',
])

/** True for a field that says where or as whom, such as a user name. */
export function isPublicField(field: string | null): boolean {
  return field !== null && PUBLIC_FIELDS.has(field.toLowerCase())
}

/** What well-known issuers put before the secret part; everyone knows it. */
const KNOWN_PREFIX =
  /^(?:github_pat_|gh[a-z]_|gl[a-z]{2,8}-|(?:sk|pk|rk)_(?:live|test)_|sk-(?:proj|svcacct|admin|ant-[a-z]+\d+|or-v\d)-|sk-|xox[a-z]-(?:\d+-){0,3}|xapp-\d-|(?:AKIA|ASIA|AROA|AIDA)|AIza|ya29\.|npm_|pypi-|dop_v1_|hf_|SG\.|shp[a-z]{2}_|whsec_|lin_api_|hv[sbr]\.|dckr_pat_|eyJ[\w-]+\.)/

/** What others may have put there: a short word, as in `acme_live_…`. */
const LIKELY_PREFIX = /^[A-Za-z]{2,6}_(?:(?:live|test|prod|dev|sandbox)_)?(?=[A-Za-z0-9+/=_-]{16})/

/** `user:password`, and tokens that begin with an account's public number. A password may hold a colon too: what could be no name is a part of it. */
const USER_AND_SECRET = /^[A-Za-z0-9][\w.@+-]{2,63}:([^:\s]+)$/

/** Keys of connection strings and queries whose value is the secret one. */
const SECRET_KEY =
  /(?:^|[;&?\s])(?:password|pwd|accountkey|sharedaccesskey|sharedsecret|secret|token|api_?key|access_?key|sig)=([^;&\s]+)/gi

/**
 * The parts of a value that nobody but its holder knows: without an issuer's prefix, a JWT's header, PEM's frame, and what a
 * connection string says in the open.
 */
export function secretParts(value: string): string[] {
  const text = value.trim()
  if (text.startsWith('-----BEGIN')) return [pemBody(text)]
  const embedded = embeddedParts(text)
  if (embedded.length > 0) return embedded
  const url = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/is.exec(text)
  if (url !== null) return [lastSegment(url[1] ?? '')].filter((part) => part !== '')
  const pair = USER_AND_SECRET.exec(text)
  if (pair?.[1] !== undefined) return [pair[1]]
  const prefix = KNOWN_PREFIX.exec(text) ?? LIKELY_PREFIX.exec(text)
  return [text.slice(prefix?.[0].length ?? 0)]
}

/** The password of a URL and the secret values of a connection string, as written and percent-decoded. */
export function embeddedParts(value: string): string[] {
  const text = value.trim()
  const parts = new Set<string>()
  const url = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*?:([^/?#]*)@/is.exec(text)
  if (url?.[1] !== undefined) parts.add(url[1])
  if (url !== null || /^[a-z][a-z0-9+.-]*:\/\/|^[\w ]+=[^;]*;/is.test(text)) {
    for (const match of text.matchAll(SECRET_KEY)) parts.add(match[1] ?? '')
  }
  for (const part of [...parts]) parts.add(percentDecoded(part))
  parts.delete('')
  return [...parts]
}

function pemBody(text: string): string {
  return text.replaceAll(/-----(?:BEGIN|END)[^-]*-----/g, '').trim()
}

function lastSegment(path: string): string {
  return /([^/?#]*)\/?(?:[?#].*)?$/.exec(path)?.[1] ?? ''
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
