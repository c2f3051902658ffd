import type { AuthScheme } from './auth-scheme.ts'
import { basic } from './basic.ts'
import { bearer } from './bearer.ts'
import { header } from './header.ts'
import { path } from './path.ts'
import { query } from './query.ts'

const SCHEMES: readonly AuthScheme[] = [bearer, basic, header, query, path]

/** Every way to put a secret on a request, by its word in the catalog. */
export function createAuthSchemes(): ReadonlyMap<string, AuthScheme> {
  return new Map(SCHEMES.map((scheme) => [scheme.type, scheme]))
}
