/** Why a path's text is not canonical, and what to write instead. */
export interface PathFault {
  readonly error: string
  readonly fix: string
}

/** The most segments that a path may have; rules count them from both ends. */
export const MAX_SEGMENTS = 64

const UNRESERVED = /^[A-Za-z0-9._~-]$/
// RFC 3986 `pchar` without the escapes, and `/` between segments.
const KEPT = /[A-Za-z0-9._~!$&'()*+,;=:@/-]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/**
 * The segments of a path's canonical text (RFC 3986, section 6.2.2 without its dot removal): escapes upper-cased, unreserved
 * ones decoded, what may not stand in a path escaped. Nothing else is repaired: what is doubtful is a fault.
 *
 * `/` has no segments; `/a/` has two, the second of them empty.
 */
export function pathSegments(text: string): readonly string[] | PathFault {
  const fault = textFault(text)
  if (fault !== null) return fault
  if (text === '/') return []
  const segments = text.slice(1).split('/').map(canonicalSegment)
  if (segments.length > MAX_SEGMENTS) {
    const error = `\`${text.slice(0, 40)}…\` has more than ${MAX_SEGMENTS} segments`
    return { error, fix: `write at most ${MAX_SEGMENTS} segments` }
  }
  const dots = segments.find((segment) => /^\.{1,2}$/.test(segment))
  if (dots !== undefined) {
    return { error: `\`${text}\` has the segment \`${dots}\``, fix: 'write the path without it' }
  }
  const control = segments.find((segment) => /%[01][0-9A-F]|%7F/.test(segment))
  if (control !== undefined) return controlFault
  return segments
}

const controlFault: PathFault = {
  error: 'the path has a control character',
  fix: 'write the path without it',
}

function textFault(text: string): PathFault | null {
  if (CONTROL.test(text)) return controlFault
  if (!text.isWellFormed()) {
    return { error: 'the path has half of a surrogate pair', fix: 'write whole characters' }
  }
  if (!text.startsWith('/')) {
    return { error: `\`${text}\` does not start with \`/\``, fix: `write \`/${text}\`` }
  }
  if (text.includes('\\')) {
    return { error: `\`${text}\` has a backslash`, fix: 'write `/` between segments' }
  }
  if (/[?#]/.test(text)) {
    return { error: `\`${text}\` has a \`?\` or \`#\``, fix: 'write the path alone' }
  }
  if (text.includes('//')) {
    return { error: `\`${text}\` has an empty segment`, fix: 'write one `/` between segments' }
  }
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) {
    return { error: `\`${text}\` has an invalid escape`, fix: 'write a `%` itself as `%25`' }
  }
  if (text.normalize('NFC') !== text) {
    return {
      error: `\`${text}\` is not in Unicode normal form C`,
      fix: `write \`${text.normalize('NFC')}\``,
    }
  }
  return null
}

function canonicalSegment(segment: string): string {
  const unescaped = segment.replace(/%[0-9A-Fa-f]{2}/g, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return UNRESERVED.test(character) ? character : octet.toUpperCase()
  })
  let canonical = ''
  for (const character of unescaped) {
    canonical +=
      character === '%' || KEPT.test(character) ? character : encodeURIComponent(character)
  }
  return canonical
}
