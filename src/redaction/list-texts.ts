import { isAsciiText } from './byte-text.ts'
import type { KnownUnits } from './known-units.ts'
import { textsInAll } from './texts-in-bytes.ts'
import { reversed, TURNS } from './turns.ts'

/** Fewer numbers hold no part of a value. */
export const FEWEST_NUMBERS = 8

/** `0x` also ends the number before it: `0x670x68`. */
const NUMBER =
  /0[xX][0-9a-fA-F]{1,2}(?=0[xX]|[^0-9a-fA-FxX]|$)|(?:0[xX])?[0-9a-fA-F]+?(?=0[xX]|[^0-9a-fA-F]|$)/g

/** What a list of numbers stands for, as bytes (decimal, hex with or without `0x`, octal) and as code points, in each order and alphabet. */
export function listTexts(text: string, known: KnownUnits): string[] {
  return TURNS.flatMap((turn, index) => {
    const turned = turn(text)
    // Digits alone are the same in ROT13.
    if (index > 1 && (turned === text || turned === reversed(text))) return []
    return numberTexts(turned, known)
  })
}

function numberTexts(text: string, known: KnownUnits): string[] {
  const words = text.match(NUMBER) ?? []
  if (words.length < FEWEST_NUMBERS) return []
  const texts: string[] = []
  const decimal = words.map((word) => (/^\d{1,6}$/.test(word) ? Number(word) : 0x110000))
  const hex = words.map((word) =>
    /^(?:0[xX])?[0-9a-fA-F]{1,6}$/.test(word)
      ? Number.parseInt(word.replace(/^0[xX]/, ''), 16)
      : 0x110000,
  )
  const octal = words.map((word) =>
    /^[0-3]?[0-7]{2}$/.test(word) ? Number.parseInt(word, 8) : 0x110000,
  )
  for (const numbers of [decimal, hex, octal]) {
    const bytes = partsBelow(256, numbers).map((part) => Uint8Array.from(part))
    texts.push(...textsInAll(bytes, known))
    for (const part of partsBelow(0x110000, numbers)) {
      if (!part.some((number) => number > 127)) continue
      const one = pointsText(part)
      if (one !== '') texts.push(one)
    }
  }
  return texts
}

function pointsText(points: readonly number[]): string {
  const text = points.map((point) => String.fromCodePoint(point)).join('')
  // Most numbers are no character at all.
  return /^[\p{L}\p{N}\p{P}\p{S}\p{Z}\p{Cf}\s]+$/u.test(text) ? text : ''
}

function partsBelow(limit: number, numbers: readonly number[]): number[][] {
  const parts: number[][] = []
  let part: number[] = []
  const close = () => {
    if (part.length >= FEWEST_NUMBERS) parts.push(part)
    part = []
  }
  for (const number of numbers) {
    // Control characters stand beside a list by chance.
    if (number < limit && (limit === 256 || number > 127 || isAsciiText(number))) part.push(number)
    else close()
  }
  close()
  return parts
}
