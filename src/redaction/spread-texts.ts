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

/** In a longer stretch one character more or less changes little of what it stands for. */
const LONGEST_VARIED = 256

/**
 * What single characters with one space between any two are together. In a short stretch (base58 is read with all of its characters and no
 * other, short base64 from its first) also with the character beside it that something else stands next to, as a quote does, and without
 * the one at its end, which may be a word of the text around: all of these at each end.
 */
export function singlesTexts(text: string, start: number, end: number): MappedText[] {
  const gap = text.charAt(start + 1)
  const beside = (at: number): boolean => text.charAt(at) > ' ' && text.charAt(at) !== gap
  const starts = [start]
  const ends = [end]
  if (text.charAt(start - 1) === gap && beside(start - 2)) starts.push(start - 2)
  if (text.charAt(end) === gap && beside(end + 1)) ends.push(end + 2)
  if (end - start > LONGEST_VARIED) {
    // One with all of both ends holds the others.
    return [singlesText(text, starts.at(-1) ?? start, ends.at(-1) ?? end)]
  }
  starts.push(start + 2)
  ends.push(end - 2)
  return starts.flatMap((first) => ends.map((last) => singlesText(text, first, last)))
}

function singlesText(text: string, start: number, end: number): MappedText {
  const built = new MappedTextBuilder()
  for (let at = start; at < end; at += 2) built.copy(text, at, at + 1)
  return built.build()
}
