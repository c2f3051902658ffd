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
 * Known prefixes, JWTs, `bot123:ABC`, long hex, and runs of at least 16 to 20 characters that no words are made of.
 * UUIDs with their dashes, words, numbers and short ids are none.
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

/**
 * True where the parts between separators that no word or number gives have 16 characters together, or one run of
 * letters is 24 long and has no words in it.
 */
function looksRandom(text: string): boolean {
  if (text.length < 16) return false
  let mixed = 0
  for (const part of text.split(/[^0-9A-Za-z]+/)) {
    if (part.length < 4 || /^\d+$/.test(part)) continue
    if (/\d/.test(part)) {
      // A word and its number (`sha256`, `beta12`, `2024q3`) is read as a word, unless it is long.
      if (part.length >= 12 || !/^(?:[A-Za-z]{3,}\d{1,4}|\d{1,4}[A-Za-z]{3,})$/.test(part)) {
        mixed += part.length
      }
    } else if (part.length >= 20 && !hasWords(part)) mixed += part.length
  }
  return mixed >= 16
}

/** Letters only: `getUserNotifications` has words of 3, 4 and 13 letters; random letters have words of 2. */
function hasWords(letters: string): boolean {
  const words = letters.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []
  const longest = Math.max(...words.map((word) => word.length))
  return words.length > 1 && letters.length / words.length >= 4 && longest < 20
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
