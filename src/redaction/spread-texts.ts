import { type MappedText, MappedTextBuilder } from './mapped-text.ts'
import { isLetterOrDigit } from './unit-kinds.ts'

/** Characters that stand apart may begin with those of an escape, which are no letters: `& # 6 7`. */
const LONGEST_SIGN = 12

/** What letters and digits that stand apart are together, without what stands most often between them. */
export function apartText(
  text: string,
  units: Uint16Array,
  start: number,
  end: number,
): MappedText {
  let first = start
  while (first > 0 && start - first < LONGEST_SIGN && mayPrecede(units[first - 1] ?? 0)) first--
  const raw = text.slice(first, end)
  const gap = commonGap(raw)
  const built = new MappedTextBuilder()
  let at = 0
  for (let next = raw.indexOf(gap); gap !== '' && next >= 0; next = raw.indexOf(gap, at)) {
    built.copy(text, first + at, first + next)
    at = next + gap.length
  }
  built.copy(text, first + at, end)
  return built.build()
}

function mayPrecede(unit: number): boolean {
  return unit >= 32 && !isLetterOrDigit(unit)
}

/** What stands most often between two letters or digits. */
function commonGap(raw: string): string {
  const counts = new Map<string, number>()
  for (const gap of raw.match(/(?<=[A-Za-z0-9])[^A-Za-z0-9]+(?=[A-Za-z0-9])/g) ?? []) {
    counts.set(gap, (counts.get(gap) ?? 0) + 1)
  }
  // Where two stand as often, the longer one is the shorter with a character of the text in it: `6 7 % 2 0 %`.
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length)[0]?.[0] ?? ''
}

/** What single characters with one space between any two are together. */
export function singlesText(text: string, start: number, end: number): MappedText {
  const built = new MappedTextBuilder()
  for (let at = start; at < end; at += 2) built.copy(text, at, at + 1)
  return built.build()
}
