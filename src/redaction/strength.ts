import type { Secret } from '../core/secret.ts'
import { secretParts } from './secret-part.ts'

/** How many characters, roughly: the exact number helps whoever guesses. */
export type LengthClass = '0' | '1-7' | '8-15' | '16-31' | '32-63' | '64-127' | '128+'

/** What `secret check` says of a value: never the value, nor what would find it. */
export interface Strength {
  readonly lengthClass: LengthClass
  /** An estimate from above of what a guesser has to try, as a power of two; of the secret part alone. */
  readonly bits: number
  /** Under 64 bits: an echo could be used to guess it. */
  readonly weak: boolean
}

const WEAK_BELOW = 64

/** What one letter adds in a word or a name. */
const BITS_IN_WORD = 2.3
/** A word of a passphrase is one of some four thousand, however long it is. */
const BITS_OF_WORD = 12
const SHORTEST_WORD = 4

const ALPHABETS = [
  [/^\d*$/, 10],
  [/^(?:[\da-f]*|[\dA-F]*)$/, 16],
  [/^(?:[a-z]*|[A-Z]*)$/, 26],
  [/^(?:[a-z\d]*|[A-Z\d]*)$/, 36],
  [/^[A-Za-z\d]*$/, 62],
  [/^[A-Za-z\d+/=_-]*$/, 64],
] as const

/** Printable ASCII. */
const LARGEST_ALPHABET = 94

/** Estimates how hard a value is to guess. */
export function strengthOf(secret: Secret): Strength {
  const value = secret.reveal()
  const bits = Math.floor(Math.max(0, ...secretParts(value).map(bitsOf)))
  return { lengthClass: lengthClassOf(value.trim().length), bits, weak: bits < WEAK_BELOW }
}

function lengthClassOf(length: number): LengthClass {
  if (length === 0) return '0'
  if (length < 8) return '1-7'
  if (length < 16) return '8-15'
  if (length < 32) return '16-31'
  if (length < 64) return '32-63'
  return length < 128 ? '64-127' : '128+'
}

function bitsOf(part: string): number {
  const size = ALPHABETS.find(([pattern]) => pattern.test(part))?.[1] ?? LARGEST_ALPHABET
  const each = Math.log2(size)
  let words = 0
  const rest = unmasked(part).replaceAll(/[A-Z]?[a-z]+|[A-Z]+/g, (letters) => {
    if (!looksLikeWord(letters)) return letters
    words += Math.min(BITS_OF_WORD, letters.length * BITS_IN_WORD)
    return ' '
  })
  return words + freshUnits(rest) * each
}

const MASKS: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
}

/** Digits and signs inside a word as the letters that they stand for: `tr0ub4dor`. */
function unmasked(text: string): string {
  return text.replaceAll(/(?<=[A-Za-z])[013457@$](?=[A-Za-z])/g, (mask) => MASKS[mask] ?? mask)
}

/** Letters that could be said: random ones of that length hardly ever have vowels so evenly. */
function looksLikeWord(letters: string): boolean {
  if (letters.length < SHORTEST_WORD) return false
  const vowels = letters.match(/[aeiouy]/gi)?.length ?? 0
  const share = vowels / letters.length
  return share >= 0.2 && share <= 0.6 && !/[^aeiouy]{5}|[aeiouy]{4}/i.test(letters)
}

/** Characters that do not follow from the one or the piece before them: `aaaa`, `1234`, `abcabc` have few. */
function freshUnits(text: string): number {
  let fresh = 0
  const seen = new Set<string>()
  for (let i = 0; i < text.length; i++) {
    const step = text.charCodeAt(i) - text.charCodeAt(i - 1)
    const before = text.charCodeAt(i - 1) - text.charCodeAt(i - 2)
    const inSequence = i >= 2 && step === before && Math.abs(step) <= 1
    const three = text.slice(i - 2, i + 1)
    if (!inSequence && !(i >= 2 && seen.has(three))) fresh++
    if (i >= 2) seen.add(three)
  }
  return fresh
}
