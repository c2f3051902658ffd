import { canonicalPath, type PathSyntax } from './canonical-path.ts'
import { encodedPair } from './facts.ts'

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Where a redirect leads, in the words of an input: a new action, to be decided on like any other. */
export interface RedirectTarget {
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
}

/** What a redirect is judged by. */
export interface RedirectInput {
  readonly origin: string
  /** The path that nothing leaves; empty where there is none. */
  readonly basePath: string
  readonly syntax: PathSyntax
  /** Names of query parameters that the auth scheme sets: an upstream may repeat them, and they are set anew. */
  readonly setByAuth: readonly string[]
}

/** Whether a status, with a Location, is a redirect. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status)
}

/**
 * Reads a Location by our own strict rules: the same origin, an absolute path below the base path, and everything as canonical as an
 * agent would have to write it. Anything else is a text: why it is not followed.
 */
export function redirectTarget(location: string, input: RedirectInput): RedirectTarget | string {
  const rest = belowOrigin(location, input.origin)
  if (rest === null) return 'it leads to another origin'
  const [withoutFragment = ''] = rest.split('#', 1)
  const mark = withoutFragment.indexOf('?')
  const path = mark === -1 ? withoutFragment : withoutFragment.slice(0, mark)
  if (!path.startsWith('/')) return 'its address is not an absolute one'
  if (path !== input.basePath && !path.startsWith(`${input.basePath}/`))
    return 'it leads out of the base URL'
  const below = path.slice(input.basePath.length)
  const canonical = canonicalPath(below === '' ? '/' : below, input.syntax)
  if (below === '' || 'error' in canonical || canonical.text !== below)
    return 'its path is not canonical'
  const query = mark === -1 ? [] : queryOf(withoutFragment.slice(mark + 1))
  if (query === null) return 'its query is not one that keyhand would send the same'
  return {
    path: canonical.text,
    query: query.filter(([key]) => !input.setByAuth.includes(key.toLowerCase())),
  }
}

/** A Location without what may be a credential: of another origin only scheme, host and path, since the query often is a signature. */
export function shownLocation(location: string, origin: string): string {
  if (belowOrigin(location, origin) !== null) return location
  const end = location.search(/[?#]/)
  const head = (end === -1 ? location : location.slice(0, end)).replace(
    /^([A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/]*@/,
    '$1//[withheld]@',
  )
  return end === -1 ? head : `${head}?[withheld]`
}

/** What follows the origin; null where it is another one. A relative reference is of the same. */
function belowOrigin(location: string, origin: string): string | null {
  if (!/^[\x21-\x7e]*$/.test(location) || location.includes('\\')) return null
  const scheme = origin.slice(0, origin.indexOf(':') + 1)
  const absolute = location.startsWith('//') ? `${scheme}${location}` : location
  const match = /^([A-Za-z][A-Za-z0-9+.-]*:)(.*)$/.exec(absolute)
  if (match === null) return location
  const authority = /^([a-z]+:\/\/[^/?#]*)(.*)$/i.exec(absolute)
  if (authority === null) return null
  const standard = scheme === 'https:' ? ':443' : ':80'
  const named = authority[1]?.toLowerCase() ?? ''
  return named === origin || (named === `${origin}${standard}` && !/:\d+$/.test(origin))
    ? (authority[2] ?? '')
    : null
}

function queryOf(text: string): readonly (readonly [string, string])[] | null {
  if (text === '') return []
  const pairs: (readonly [string, string])[] = []
  for (const part of text.split('&')) {
    const at = part.indexOf('=')
    if (at < 1) return null
    try {
      const pair = [decoded(part.slice(0, at)), decoded(part.slice(at + 1))] as const
      encodedPair(...pair)
      pairs.push(pair)
    } catch {
      return null
    }
  }
  return pairs
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
