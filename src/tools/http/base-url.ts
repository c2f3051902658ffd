import { isIP } from 'node:net'
import { canonicalPath } from './canonical-path.ts'

/** Where all requests of a tool go, parsed once when the catalog is loaded. No URL is parsed after that. */
export interface BaseUrl {
  /** Scheme, host and port: `https://api.github.com`. */
  readonly origin: string
  readonly secure: boolean
  /** Lower case; an IPv6 address without its brackets. */
  readonly host: string
  /** The path that nothing leaves, without a `/` at its end; empty where there is none. */
  readonly path: string
  /** What the catalog's author has typed and so knows: an address, the name `localhost`, or a name that says nothing of its address. */
  readonly kind: 'address' | 'localhost' | 'name'
  /** True where it leads to this machine by what it says. */
  readonly loopback: boolean
}

/** Parses `base_url`. It must be written as the URL standard would write it, so that what an admin reads is where requests go. */
export function parseBaseUrl(text: string): BaseUrl | { readonly error: string } {
  if (!URL.canParse(text))
    return { error: 'is not a URL: write `https://host` or `https://host/path`' }
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { error: 'must start with `https://`' }
  if (url.username !== '' || url.password !== '') {
    return {
      error:
        'holds a user name or password: a secret belongs into the secrets, and `auth` puts it on requests',
    }
  }
  if (/[?#]/.test(text)) return { error: 'must have no query and no fragment' }
  if (url.href !== text && url.href !== `${text}/`)
    return { error: `is not written as it would be sent: write \`${url.href}\`` }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host.endsWith('.')) return { error: 'has a host that ends with a dot: write it without' }
  const path = url.pathname.replace(/\/$/, '')
  const canonical = canonicalPath(url.pathname, { encodedSlash: false, semicolon: false })
  if ('error' in canonical) return { error: `has a path that ${canonical.error}: ${canonical.fix}` }
  if (canonical.text !== url.pathname)
    return { error: `has a path that is written as \`${canonical.text}\` when sent: write it so` }
  const kind = isIP(host) !== 0 ? 'address' : host === 'localhost' ? 'localhost' : 'name'
  const loopback =
    kind === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  return { origin: url.origin, secure: url.protocol === 'https:', host, path, kind, loopback }
}
