import { Buffer } from 'node:buffer'
import { isLetter } from './unit-kinds.ts'

/** A code unit in ROT13: letters of ASCII change, all else stays. */
export function rotatedUnit(unit: number): number {
  if (!isLetter(unit)) return unit
  return (unit & 31) <= 13 ? unit + 13 : unit - 13
}

export function rot13(text: string): string {
  return changed(text, (units) => {
    for (let i = 0; i < units.length; i++) units[i] = rotatedUnit(units[i] ?? 0)
  })
}

export function reversed(text: string): string {
  return changed(text, (units) => units.reverse())
}

/** A copy of a text, changed in place: several times as fast as to put strings together. */
function changed(text: string, change: (units: Uint16Array) => void): string {
  const bytes = Buffer.from(text, 'utf16le')
  change(new Uint16Array(bytes.buffer, bytes.byteOffset, text.length))
  return bytes.toString('utf16le')
}

/** The orders and alphabets in which a text is looked for. Each undoes itself. */
export const TURNS: readonly ((text: string) => string)[] = [
  (text) => text,
  reversed,
  rot13,
  (text) => reversed(rot13(text)),
]
