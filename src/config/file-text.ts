import type { Position } from '../core/rule.ts'
import type { ConfigProblem } from '../core/snapshot.ts'
import { mistake, startOf } from './problem.ts'

/** A configuration file's bytes as text without its byte order mark, or what stands in the way. Never throws. */
export function decodeText(file: string, bytes: Uint8Array): string | ConfigProblem {
  const [a, b] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return mistake(startOf(file), 'the file is UTF-16', 'save it as UTF-8')
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return mistake(firstInvalid(file, bytes), 'this is not UTF-8', 'save the file as UTF-8')
  }
  const hidden = HIDDEN.exec(text)
  if (hidden === null) return text
  const code = (hidden[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return mistake(
    positionOf(file, text, hidden.index),
    `the invisible character U+${code} is here`,
    'remove it: a file must say what it shows',
  )
}

/** Controls, and what is not seen or turns a line around: with them a reviewer would read another rule than the one in force. */
const HIDDEN = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

function firstInvalid(file: string, bytes: Uint8Array): Position {
  let line = 1
  let start = 0
  for (let end = 0; end <= bytes.length; end++) {
    if (end < bytes.length && bytes[end] !== 0x0a) continue
    const text = new TextDecoder().decode(bytes.subarray(start, end))
    const bad = text.indexOf('\ufffd')
    if (bad >= 0) return { file, line, column: bad + 1 }
    line++
    start = end + 1
  }
  return startOf(file)
}

function positionOf(file: string, text: string, index: number): Position {
  const before = text.slice(0, index).split('\n')
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
