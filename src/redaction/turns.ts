import { isLetter } from './unit-kinds.ts'

/** A code unit in ROT13: letters of ASCII change, all else stays. */
export function rotatedUnit(unit: number): number {
  if (!isLetter(unit)) return unit
  return (unit & 31) <= 13 ? unit + 13 : unit - 13
}

export function rot13(text: string): string {
  let out = ''
  for (let i = 0; i < text.length; i++) out += String.fromCharCode(rotatedUnit(text.charCodeAt(i)))
  return out
}

export function reversed(text: string): string {
  return text.split('').reverse().join('')
}

/** The orders and alphabets in which a text is looked for. Each undoes itself. */
export const TURNS: readonly ((text: string) => string)[] = [
  (text) => text,
  reversed,
  rot13,
  (text) => reversed(rot13(text)),
]
