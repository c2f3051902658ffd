import type { Position } from '../core/rule.ts'

/** One policy of a Cedar file: its text without what surrounds it, and where it starts in the file. */
export interface CedarStatement {
  readonly text: string
  /** In UTF-16 code units. */
  readonly start: number
}

// A comment, a string, white space, the end of a policy, or anything else; an unclosed string is anything else.
const TOKEN = /(?<blank>\s+|\/\/[^\n\r]*)|(?<string>"(?:[^"\\]|\\[\s\S])*")|(?<end>;)|[\s\S]/gu

/** The policies of a file, in order; text after the last `;` that is more than blank is one too, for Cedar to refuse. */
export function cedarStatements(text: string): readonly CedarStatement[] {
  const statements: CedarStatement[] = []
  let start: number | null = null
  let end = 0
  for (const token of text.matchAll(TOKEN)) {
    if (token.groups?.['blank'] !== undefined) continue
    start ??= token.index
    end = token.index + token[0].length
    if (token.groups?.['end'] === undefined) continue
    statements.push({ text: text.slice(start, end), start })
    start = null
  }
  if (start !== null) statements.push({ text: text.slice(start, end), start })
  return statements
}

/** Line and column, from 1, of a place in a file's text. */
export function positionAt(file: string, text: string, offset: number): Position {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return { file, line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}

/** The place in a text of a byte of its UTF-8 form, which is what Cedar counts in. */
export function offsetOfByte(text: string, byte: number): number {
  return Buffer.from(text).subarray(0, byte).toString().length
}
