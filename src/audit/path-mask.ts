import { createHmac } from 'node:crypto'

/**
 * The path with every segment that looks like a credential as `hmac:` and 12 hex digits: the same value gives the same
 * mask under one key, and the mask gives nothing back. Better one digest too many masked than one token stored, since the
 * outcome record has the whole path, redacted by value.
 */
export function maskCredentials(path: string, key: Uint8Array): string {
  return path
    .split('/')
    .map((segment) => (looksLikeCredential(segment) ? mask(segment, key) : segment))
    .join('/')
}

/** True where a path has a segment that `maskCredentials` would change. */
export function hasCredential(path: string): boolean {
  return path.split('/').some(looksLikeCredential)
}

/**
 * Known prefixes, JWTs, `bot123:ABC`, long hex (a commit and a token of 40 digits are not told apart), and 16 or more characters
 * that no words are made of. UUIDs with their dashes, words, numbers and short ids are none.
 */
export function looksLikeCredential(segment: string): boolean {
  if (segment.length < 6) return false
  const text = decoded(segment)
  if (UUID.test(text)) return false
  return SHAPES.some((shape) => shape.test(text)) || looksRandom(text)
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const SHAPES: readonly RegExp[] = [
  // Telegram and its like: an id, a colon, a key.
  /\bbot\d+:[\w-]/i,
  /^\d{6,}:[\w-]{20,}/,
  // JWT: the base64url of `{"`.
  /\bey[A-Za-z0-9][\w-]{6,}\.[\w-]{4,}/,
  // Prefixes that name their issuer.
  /\b(?:gh[pousr]_|github_pat_|gl[a-z]{2,6}-|xox[a-z]-|xapp-|npm_|pypi-|hf_|dop_v1_|shp[a-z]{2}_|hv[sbr]\.|tskey-|lin_api_|figd_|ATATT|sq0[a-z]{3}-|whsec_|ya29\.|AIza|EAAC)[\w-]{8,}/,
  /\b(?:sk|rk|pk)[-_](?:live|test|proj|ant|or)[-_]?[\w-]{8,}/,
  /\bSG\.[\w-]{8,}/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{12,}/,
  /AGE-SECRET-KEY-/i,
  // Digests and keys in hex; a short commit id stays. Digits alone are a number.
  /(?<![0-9a-z])(?=\d*[a-f])[0-9a-f]{20,}(?![0-9a-z])/i,
]

/** True where the parts between separators that no word or number gives have 16 characters together. */
function looksRandom(text: string): boolean {
  if (text.length < 16) return false
  let random = 0
  for (const part of text.split(/[^0-9A-Za-z]+/)) if (isRandom(part)) random += part.length
  return random >= 16
}

function isRandom(part: string): boolean {
  if (part.length < 4 || /^\d+$/.test(part)) return false
  if (!/\d/.test(part)) return part.length >= 8 && !isOfWords(part)
  // A word and its number (`sha256`, `beta12`, `2024q3`) is a word, unless it is long.
  return part.length >= 12 || !/^(?:[A-Za-z]{3,}\d{1,4}|\d{1,4}[A-Za-z]{3,})$/.test(part)
}

/** Of letters: `getUserNotifications` has words of 3, 4 and 13 letters, random ones in both cases have 2; and a long word has vowels. */
function isOfWords(letters: string): boolean {
  const words = letters.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []
  const vowels = letters.match(/[aeiouy]/gi) ?? []
  return (
    letters.length / words.length >= 3 &&
    (letters.length < 20 || vowels.length / letters.length >= 0.3)
  )
}

function mask(segment: string, key: Uint8Array): string {
  return `hmac:${createHmac('sha256', key).update(segment).digest('hex').slice(0, 12)}`
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
