/** A header's name: a token of RFC 9110, section 5.6.2. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/

/** A header's value: printable ASCII and tabs, neither starting nor ending with white space. No CR, LF or NUL can pass. */
export const HEADER_VALUE = /^(?![ \t])[\t\x20-\x7e]*(?<![ \t])$/

/** Headers that belong to the connection or to its framing: nobody sets them but the HTTP client. */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const NOT_UNRESERVED = /[!'()*]/g

/**
 * Percent-encodes everything but the unreserved characters of RFC 3986.
 *
 * @throws URIError where the text is not well-formed Unicode.
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    NOT_UNRESERVED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
