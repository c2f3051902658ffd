// Decoding goes on until nothing changes, but not for ever: no server decodes this often, and text can be made that takes long.
const ROUNDS = 16

/**
 * A text as the most lenient upstream might read it: escapes decoded (also overlong UTF-8, also twice and more), NFKC, upper and
 * lower case alike, a backslash as a slash. What is not UTF-8 stays escaped.
 */
export function foldText(text: string): string {
  let folded = text
  for (let round = 0; round < ROUNDS; round++) {
    const next = foldCase(decode(folded).normalize('NFKC')).replaceAll('\\', '/')
    if (next === folded) return folded
    folded = next
  }
  return folded
}

/** What is left of a folded segment without matrix parameters and trailing dots and spaces; empty where nothing is. */
export function trimSegment(segment: string): string {
  const end = segment.indexOf(';')
  return trimDots(end === -1 ? segment : segment.slice(0, end))
}

/** A text without the dots and spaces at its end, which some file systems drop. */
export function trimDots(text: string): string {
  let end = text.length
  while (end > 0 && (text[end - 1] === '.' || text[end - 1] === ' ')) end--
  return text.slice(0, end)
}

// Upper before lower, and one character at a time: `ß` and `ss`, and both small sigmas, are to be one.
function foldCase(text: string): string {
  let folded = ''
  for (const character of text.toUpperCase()) folded += character.toLowerCase()
  return folded.normalize('NFKC')
}

function decode(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%(?:25)+/g, '%').replace(/(?:%[0-9a-f]{2})+/gi, decodeRun)
}

function decodeRun(run: string): string {
  const bytes = [...Buffer.from(run.replaceAll('%', ''), 'hex')]
  let decoded = ''
  for (let at = 0; at < bytes.length; ) {
    const { character, length } = readCharacter(bytes, at)
    decoded += character ?? run.slice(at * 3, at * 3 + 3)
    at += length
  }
  return decoded
}

// Overlong forms are read, as lenient servers do: `%C0%AF` is a slash.
function readCharacter(
  bytes: readonly number[],
  at: number,
): { character?: string; length: number } {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return { character: String.fromCharCode(lead), length: 1 }
  const length = lead >= 0xf8 || lead < 0xc0 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  const rest = bytes.slice(at + 1, at + length)
  if (length === 0 || rest.length < length - 1 || rest.some((byte) => byte >> 6 !== 2)) {
    return { length: 1 }
  }
  const code = rest.reduce((sum, byte) => (sum << 6) | (byte & 0x3f), lead & (0x7f >> length))
  const valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return valid ? { character: String.fromCodePoint(code), length } : { length: 1 }
}
