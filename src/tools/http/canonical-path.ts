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
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/
const AMBIGUOUS = 'which servers read in different ways'
const allowedBy = (setting: string) =>
  `a tool whose API needs it says \`path: {${setting}: true}\` in the catalog`
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

type Check = readonly [boolean, error: string, fix: string]

function wholeProblem(path: string, { semicolon }: PathSyntax): PathProblem | null {
  const composed = path.isWellFormed() ? path.normalize('NFC') : path
  const odd = [...path].find((character) => character < '\x80' && !PCHAR.test(character)) ?? ''
  const checks: readonly Check[] = [
    [path.length > MAX_LENGTH, `is longer than ${MAX_LENGTH} characters`, 'write a shorter path'],
    [
      path.startsWith('//'),
      'starts with `//`, which names another host',
      'write the path alone, from one `/`',
    ],
    [
      SCHEME.test(path),
      'is an absolute URL',
      'write the path alone, from its `/`; the host is the catalog’s',
    ],
    [
      !path.startsWith('/'),
      'does not start with `/`',
      'write it from the first `/`, below the base URL',
    ],
    [!path.isWellFormed(), 'holds half of a surrogate pair', 'write well-formed text'],
    [CONTROL.test(path), 'holds a control character', 'leave it out'],
    [path.includes('\\'), 'holds a backslash', 'write `/` between segments'],
    [
      path.includes('?'),
      'holds a `?`',
      'write what follows it in `query`, a `?` in a name as `%3F`',
    ],
    [path.includes('#'), 'holds a `#`', 'leave the fragment out, or write `%23`'],
    [
      path.includes(';') && !semicolon,
      `holds a \`;\`, ${AMBIGUOUS}`,
      `leave it out; ${allowedBy('semicolon')}`,
    ],
    [composed !== path, 'is not in Unicode’s composed form (NFC)', `write \`${composed}\``],
    [odd !== '', `holds \`${odd}\``, `write \`%${hex(odd.charCodeAt(0))}\``],
  ]
  return failed(checks)
}

function canonicalSegment(segment: string, syntax: PathSyntax): string | PathProblem {
  if (/%(?![0-9A-Fa-f]{2})/.test(segment)) {
    return problem('holds a `%` that starts no escape', 'write `%25`')
  }
  const decoded = decodeUtf8(segment)
  if (decoded === null)
    return problem('holds escapes that are not UTF-8', 'escape the bytes of the UTF-8 form')
  const composed = decoded.normalize('NFC')
  const compatible = decoded.normalize('NFKC')
  const checks: readonly Check[] = [
    [/%[0-9A-Fa-f]{2}/.test(decoded), 'is escaped twice', 'escape each character once'],
    [CONTROL.test(decoded), 'holds an escaped control character', 'leave it out'],
    [decoded.includes('\\'), 'holds an escaped backslash', 'leave it out'],
    [
      decoded.includes('/') && !syntax.encodedSlash,
      `holds \`%2F\`, ${AMBIGUOUS}`,
      `write \`/\` between segments; ${allowedBy('encoded_slash')}`,
    ],
    [
      decoded.includes(';') && !syntax.semicolon,
      `holds \`%3B\`, ${AMBIGUOUS}`,
      `leave it out; ${allowedBy('semicolon')}`,
    ],
    [
      composed !== decoded,
      'holds escapes that are not in Unicode’s composed form (NFC)',
      `write \`${encodeURI(composed)}\``,
    ],
    [isDotSegment(compatible), 'holds a `.` or `..` segment', 'write the path without it'],
    [
      count(compatible) !== count(decoded),
      'holds a look-alike of a reserved character',
      'write the plain character, escaped',
    ],
  ]
  const fault = failed(checks)
  if (fault !== null) return fault
  let canonical = ''
  for (const part of segment.match(/%..|[^%]/gu) ?? []) canonical += canonicalPart(part)
  return canonical
}

function failed(checks: readonly Check[]): PathProblem | null {
  const found = checks.find(([wrong]) => wrong)
  return found === undefined ? null : problem(found[1], found[2])
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

/** How many characters there are that mean something to a URL's parser. */
function count(text: string): number {
  return text.match(/[/\\;?#%]/g)?.length ?? 0
}

function problem(error: string, fix: string): PathProblem {
  return { error, fix }
}
