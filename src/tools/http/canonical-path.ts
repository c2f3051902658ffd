/** A path in the one form that is decided on, recorded and sent. */
export interface CanonicalPath {
  readonly text: string
  /** Between the slashes, in the same form; a path that ends with `/` has an empty last one, `/` alone has none. */
  readonly segments: readonly string[]
}

/** Why a path cannot be made canonical; `fix` is what to write instead. */
export interface PathProblem {
  readonly error: string
  readonly fix: string
}

export interface PathSyntax {
  /** Whether `%2F` may stand in a segment, and then belongs to it. */
  readonly encodedSlash: boolean
  /** Whether `;` may stand in a segment. */
  readonly semicolon: boolean
}

const MAX_LENGTH = 4_096
const MAX_SEGMENTS = 64

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/
const PCHAR = /[A-Za-z0-9\-._~!$&'()+,;=:@/%]/
const UNRESERVED = /[A-Za-z0-9\-._~]/

/**
 * Makes a path canonical, and repairs nothing: what two parsers could read in two ways is refused. Escapes are upper-cased, those
 * of unreserved characters decoded, characters beyond ASCII encoded as UTF-8; everything else stays as it is.
 */
export function canonicalPath(path: string, syntax: PathSyntax): CanonicalPath | PathProblem {
  const whole = wholeProblem(path, syntax)
  if (whole !== null) return whole
  if (path === '/') return { text: path, segments: [] }
  const segments: string[] = []
  const given = path.slice(1).split('/')
  for (const [index, segment] of given.entries()) {
    if (segment === '' && index < given.length - 1)
      return problem('has an empty segment (`//`)', 'write one `/` between two segments')
    const canonical = canonicalSegment(segment, syntax)
    if (typeof canonical !== 'string') return canonical
    segments.push(canonical)
  }
  const text = `/${segments.join('/')}`
  if (text.length > MAX_LENGTH)
    return problem(`is longer than ${MAX_LENGTH} characters`, 'write a shorter path')
  if (segments.length > MAX_SEGMENTS)
    return problem(`has more than ${MAX_SEGMENTS} segments`, 'write a shorter path')
  return { text, segments }
}

function wholeProblem(path: string, { semicolon }: PathSyntax): PathProblem | null {
  if (path.length > MAX_LENGTH)
    return problem(`is longer than ${MAX_LENGTH} characters`, 'write a shorter path')
  if (path.startsWith('//'))
    return problem(
      'starts with `//`, which names another host',
      'write the path alone, from one `/`',
    )
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(path))
    return problem(
      'is an absolute URL',
      'write the path alone, from its `/`; the host is the catalog’s',
    )
  if (!path.startsWith('/'))
    return problem(
      'does not start with `/`',
      `write it from the first \`/\`, below the tool's base URL`,
    )
  if (!path.isWellFormed())
    return problem('holds half of a surrogate pair', 'write well-formed text')
  if (CONTROL.test(path)) return problem('holds a control character', 'leave it out')
  if (path.includes('\\')) return problem('holds a backslash', 'write `/` between segments')
  if (path.includes('?'))
    return problem('holds a `?`', 'write what follows it in `query`, a `?` in a name as `%3F`')
  if (path.includes('#')) return problem('holds a `#`', 'leave the fragment out, or write `%23`')
  if (path.includes(';') && !semicolon)
    return problem(
      'holds a `;`, which servers read in different ways',
      'leave it out; a tool whose API needs it says `path: {semicolon: true}` in the catalog',
    )
  if (path.normalize('NFC') !== path)
    return problem('is not in Unicode’s composed form (NFC)', `write \`${path.normalize('NFC')}\``)
  for (const character of path) {
    if (character < '\x80' && !PCHAR.test(character)) {
      return problem(`holds \`${character}\``, `write \`%${hex(character.charCodeAt(0))}\``)
    }
  }
  return null
}

function canonicalSegment(segment: string, syntax: PathSyntax): string | PathProblem {
  if (/%(?![0-9A-Fa-f]{2})/.test(segment))
    return problem('holds a `%` that starts no escape', 'write `%25`')
  if (/%25[0-9A-Fa-f]{2}/.test(segment))
    return problem('is escaped twice', 'escape each character once')
  const decoded = decodeUtf8(segment)
  if (decoded === null)
    return problem('holds escapes that are not UTF-8', 'escape the bytes of the UTF-8 form')
  if (CONTROL.test(decoded)) return problem('holds an escaped control character', 'leave it out')
  if (decoded.includes('\\')) return problem('holds an escaped backslash', 'leave it out')
  if (decoded.includes('/') && !syntax.encodedSlash)
    return problem(
      'holds `%2F`, which servers read in different ways',
      'write `/` between segments; a tool whose API needs it says `path: {encoded_slash: true}` in the catalog',
    )
  if (decoded.includes(';') && !syntax.semicolon)
    return problem(
      'holds `%3B`, which servers read in different ways',
      'leave it out; a tool whose API needs it says `path: {semicolon: true}` in the catalog',
    )
  if (decoded.normalize('NFC') !== decoded)
    return problem(
      'holds escapes that are not in Unicode’s composed form (NFC)',
      `write \`${encodeURI(decoded.normalize('NFC'))}\``,
    )
  const compatible = decoded.normalize('NFKC')
  if (isDotSegment(compatible))
    return problem('holds a `.` or `..` segment', 'write the path without it')
  if (count(compatible, /[/\\;?#%]/g) !== count(decoded, /[/\\;?#%]/g))
    return problem(
      'holds a look-alike of a reserved character',
      'write the plain character, escaped',
    )
  let canonical = ''
  for (const part of segment.match(/%..|[^%]/gu) ?? []) canonical += canonicalPart(part)
  return canonical
}

function canonicalPart(part: string): string {
  if (part.startsWith('%')) {
    const character = String.fromCharCode(Number.parseInt(part.slice(1), 16))
    return UNRESERVED.test(character) ? character : part.toUpperCase()
  }
  return part < '\x80' ? part : encodeURIComponent(part)
}

/** Whether some server could take it for a step up: also with parameters, an encoded slash or white space around the dots. */
function isDotSegment(decoded: string): boolean {
  return decoded.split(/[/;]/).some((piece) => /^\s*\.\s*\.?\s*$/.test(piece))
}

function decodeUtf8(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(2, '0')
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function problem(error: string, fix: string): PathProblem {
  return { error, fix }
}
