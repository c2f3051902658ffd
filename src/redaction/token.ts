/** A token reaches this far from what was found in it, at most. */
const LONGEST_TOKEN = 4_096

/** Units that end a token: white space, quotes, brackets and what separates items. */
const delimiters = new Uint8Array(128)
for (const unit of ' \t\n\v\f\r\x1e"\'`<>()[]{},;|&?=:@\\') delimiters[unit.charCodeAt(0)] = 1

/** The token between delimiters that a span stands in: a part of a value takes all of it, or what is left could be guessed. */
export function tokenAt(text: string, start: number, end: number): { start: number; end: number } {
  let first = start
  let last = end
  while (first > 0 && start - first < LONGEST_TOKEN && !isDelimiter(text.charCodeAt(first - 1)))
    first--
  while (last < text.length && last - end < LONGEST_TOKEN && !isDelimiter(text.charCodeAt(last)))
    last++
  return { start: first, end: last }
}

function isDelimiter(unit: number): boolean {
  return unit < 128 && delimiters[unit] === 1
}
