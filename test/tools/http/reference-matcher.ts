/** What a pattern means, written for reading and not for speed: one regular expression over the canonical path. */
export function matches(pattern: string, path: string): boolean {
  if (pattern === '/') return path === '/'
  const source = pattern
    .slice(1)
    .split('/')
    .map((segment) => {
      if (segment === '**') return '(?:/[^/]*)*'
      if (segment === '*') return '/[^/]+'
      const literals = segment.split('*').map((text) => encodeURI(text.replaceAll('%20', ' ')))
      return `/${literals.map((text) => text.replace(/[.()+]/g, '\\$&')).join('[^/]*')}`
    })
    .join('')
  // The path `/` has no segments, so it is the empty text to this expression.
  return new RegExp(`^${source}$`).test(path === '/' ? '' : path)
}
