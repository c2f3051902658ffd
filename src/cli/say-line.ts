import { printable } from '../audit/printable.ts'
import type { Io } from './io.ts'

/**
 * Says one line, whatever it is made of. INVARIANT: texts of records and files are said by this or in a table: a line break in
 * one of them must not make a line of its own, which would read as ours.
 */
export function sayLine(io: Io, text: string): void {
  io.say(printable(text))
}
