import type { NamedKind } from './field-name.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** A digest that says what it is, an address, a time, a number. */
const NO_SECRET =
  /^(?:(?:sha\d{1,3}|md5|blake\w+)[:=-]|[a-z][a-z0-9+.-]*:\/\/|\/|\d{4}-\d\d-\d\d|[\d.,:+-]+$)/i
/** What stands before a credential in a header. */
export const SCHEME = /^\s*(?:bearer|basic|token|bot)\s+/i

/** Text that stands where a value would: masked, to be filled in, or an example. */
export function isPlaceholder(value: string): boolean {
  return (
    /^(.)\1*$/.test(value) ||
    /\*{3}|•{3}|\.{3}|…|x{4}/i.test(value) ||
    /^(?:<.*>|\$\{.*\}|\$\(.*\)|\$[A-Z_]+|%\w+%|\[.*\]|\{.*\})$/s.test(value) ||
    /^(?:your|my|example|sample|change_?me|placeholder|redacted|hidden|dummy)[\W_a-z]*$/i.test(
      value,
    ) ||
    /^(?:string|none|null|true|false|undefined|password|passwd|pass|secret|token|key|user|optional|required)$/i.test(
      value,
    )
  )
}

/**
 * Whether the value of a field of such a name is a credential. A name of something else, a text for people, what is masked or a
 * digest that says so is none; a UUID only where the name is sure.
 */
export function isCredential(value: string, { trust, phrase }: NamedKind): boolean {
  // What redaction put there stays, and is judged no second time.
  const text = value
    .replaceAll(/\[(?:secret|withheld|part of a secret)[^\]]{0,80}\]/g, '')
    .trim()
    .replace(SCHEME, '')
  if (text.length < 6 || text.length > 65_536 || isPlaceholder(text)) return false
  if (/\s/.test(text)) return isSpread(text, phrase)
  if (!phrase && NO_SECRET.test(text)) return false
  if (UUID.test(text)) return trust === 'sure'
  const bits = bitsOf(text)
  const varied = /\d/.test(text) || (/[a-z][A-Z]|[^\w.-]/.test(text) && text.length >= 16)
  if (phrase) return isChosen(text)
  if (trust === 'sure') return bits >= 36 && (varied || text.length >= 32)
  return text.length >= 16 && bits >= 52 && varied && /[a-z]/i.test(text)
}

/** A value over several lines or words: base64 that is wrapped, or a phrase of words. */
function isSpread(text: string, phrase: boolean): boolean {
  const pieces = text.split(/\s+/)
  if (pieces.every((piece) => /^[A-Za-z0-9+/=_-]{32,}$/.test(piece) || piece.length < 4)) {
    return pieces.some((piece) => piece.length >= 32)
  }
  return phrase && pieces.length >= 4 && pieces.every((piece) => /^[a-z]{2,12}$/.test(piece))
}

/** A password that somebody or something chose: no plain word, no label (`Password`, `forgot-password`). */
function isChosen(text: string): boolean {
  const words = text.split(/[-_ .]/)
  if (words.length >= 4 && words.every((word) => /^[a-z]{2,12}$/.test(word))) return true
  if (/^[A-Z]?[a-z]+(?:[-_.][A-Z]?[a-z]+)*$|^[A-Z]+(?:[-_.][A-Z]+)*$/.test(text))
    return text.length >= 24
  // `request.body?.password`: a program's word for one.
  if (/^[A-Za-z_$]+(?:[?!]?\.[A-Za-z_$]+)+$/.test(text)) return false
  return bitsOf(text) >= 14
}

/** How much there is in a text by the frequency of its characters; an estimate, in bits. */
export function bitsOf(text: string): number {
  const counts = new Map<string, number>()
  const sample = text.slice(0, 512)
  for (const character of sample) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= count * Math.log2(count / sample.length)
  return bits
}
