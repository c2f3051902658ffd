import type { SampleSecret } from '../../corpus/redaction/secret-kinds.ts'

/** The length from which a run counts: a third of the part, but 8 characters, 12 of hex. */
export function shortestLeak(secretPart: string): number {
  const least = /^[0-9a-f]*$/i.test(secretPart) ? 12 : 8
  return Math.max(least, Math.ceil([...secretPart].length / 3))
}

/** Without upper and lower case; `ß` is `ss` in both. */
export function folded(text: string): string {
  return text.toUpperCase().toLowerCase()
}

/** One form of a secret's part that is looked for. */
export interface Needle {
  readonly secret: SampleSecret
  readonly text: string
  /** How many consecutive characters of it are a leak. */
  readonly least: number
  /** Which characters it is made of, and how many of these there are once case is folded. */
  readonly alphabet: keyof typeof ALPHABETS
  /** How many characters of it, found in pieces that together make all of it, count as a piece. */
  readonly piece: number
}

/** With the number of characters in each; `any` is what prose and punctuation are of, an estimate from below. */
export const ALPHABETS = { digits: 10, hex: 16, letters: 36, any: 40 } as const

/** What is looked for: the part as it is, and its letters and digits alone. */
export function needlesOf(secret: SampleSecret): Needle[] {
  const least = shortestLeak(secret.secretPart)
  const forms = new Set([
    folded(secret.secretPart),
    folded(secret.secretPart).replace(/[^\p{L}\p{N}]+/gu, ''),
  ])
  return [...forms].map((text) => ({
    secret,
    text,
    least: Math.min(least, Math.max(6, text.length)),
    alphabet: alphabetOf(text),
    piece: alphabetOf(text) === 'digits' ? 5 : 4,
  }))
}

function alphabetOf(text: string): keyof typeof ALPHABETS {
  if (/^\d*$/.test(text)) return 'digits'
  if (/^[0-9a-f]*$/.test(text)) return 'hex'
  return /^[\da-z]*$/.test(text) ? 'letters' : 'any'
}
