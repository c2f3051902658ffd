import { isDigit, isHexUnit, isLetter } from './unit-kinds.ts'

/** Letters in other shapes, which NFKC folds. */
export const SHAPES =
  '\u{1d400}-\u{1d7ff}\u{1f130}-\u{1f189}\u2070-\u209c\u2460-\u24ff\u2100-\u214f\uff01-\uff5e\u02b0-\u02b8\u1d2c-\u1d6a'
/** What has no width. */
export const INVISIBLE = '\\u200b-\\u200f\\u2060-\\u2064\\ufeff'
const BEYOND_ASCII = /[^\0-\x7f]/

/**
 * One letter in another shape, or what has no width with another one near; a text of one-byte characters is known to have none at
 * once.
 */
const SHAPE = new RegExp(`[${SHAPES}]|[${INVISIBLE}](?=[^${INVISIBLE}]{1,4}[${INVISIBLE}])`, 'gu')

/** The next line of the data of one event (Server-sent events, 9.2.6): what is wrapped in it goes on there. */
const DATA_LINE = '\ndata:'

const SIGNS = ['%', '\\', '&', '=', '+'] as const

/** Where escapes stand, each in order. */
export interface EscapePlaces {
  /** Such as may hide a letter. */
  readonly plain: number[]
  /** The same reversed or in ROT13, ... */
  readonly turned: number[]
  /** ... and such ends of line. */
  readonly turnedLines: number[]
}

/** Where escapes stand in a text; those that are reversed or in ROT13 only where that is asked. */
export function escapesIn(text: string, withTurned: boolean): EscapePlaces {
  const plain: number[] = []
  const turned: number[] = []
  const turnedLines: number[] = []
  for (const sign of SIGNS) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
      if (hides(text, at)) plain.push(at)
      if (!withTurned) continue
      if (hidesTurned(text, at)) turned.push(at)
      if (sign === '\\' && isTurnedLineEnd(text, at)) turnedLines.push(at)
    }
  }
  if (BEYOND_ASCII.test(text)) {
    for (const { index } of text.matchAll(SHAPE)) plain.push(index)
  }
  for (let at = text.indexOf(DATA_LINE); at >= 0; at = text.indexOf(DATA_LINE, at + 1)) {
    const line = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
    if (text.startsWith('data:', line)) plain.push(at)
  }
  const inOrder = (places: number[]) => places.sort((a, b) => a - b)
  return { plain: inOrder(plain), turned: inOrder(turned), turnedLines }
}

/** How many escaped ends of line a text has. */
export function countLineEnds(text: string): number {
  return text.match(/\\[nr]/g)?.length ?? 0
}

/** How many escapes a text has, whatever they may hide. */
export function countEscapes(text: string): number {
  const any = /[%=][0-9a-fA-F]{2}|\\[uUxX0-7]|&(?:#|[a-zA-Z]{2,8};)|[uU]\+[0-9a-fA-F]{4}/g
  return text.match(any)?.length ?? 0
}

/** True where the sign at a place begins an escape that may hide a letter. */
function hides(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1)
  switch (text.charCodeAt(at)) {
    case 0x25:
      return next === 0x75 || (isHexUnit(next) && isHexUnit(text.charCodeAt(at + 2)))
    case 0x5c:
      return (
        next === 0x75 ||
        next === 0x55 ||
        (next === 0x78 && isHexUnit(text.charCodeAt(at + 2))) ||
        (isOctalUnit(next) && isOctalUnit(text.charCodeAt(at + 2))) ||
        isBetween(text, at)
      )
    case 0x26:
      return (
        next === 0x23 ||
        (isLetter(next) && /^&[a-zA-Z][a-zA-Z0-9]{1,30};/.test(text.slice(at, at + 33)))
      )
    case 0x2b:
      return (
        text.charCodeAt(at - 1) === 0x55 && isHexUnit(next) && isHexUnit(text.charCodeAt(at + 4))
      )
    case 0x3d:
      return (
        next === 0x0a ||
        next === 0x0d ||
        (isHexUnit(next) && isHexUnit(text.charCodeAt(at + 2)) && isDigit(next))
      )
    default:
      return false
  }
}

/** True where an escape may stand around a sign if the text is turned around, in ROT13, or both. */
function hidesTurned(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1)
  const before = text.charCodeAt(at - 1)
  switch (text.charCodeAt(at)) {
    case 0x25:
    case 0x3d:
      return (
        (isTurnedHex(next) && isTurnedHex(text.charCodeAt(at + 2))) ||
        (isTurnedHex(before) && isTurnedHex(text.charCodeAt(at - 2)))
      )
    case 0x5c:
      // `u`, `x` or octal digits after or before it, and what ROT13 makes of the letters.
      return isMark(next) || isMark(before)
    case 0x26:
      return next === 0x23 || before === 0x23 || isLetter(next) || isLetter(before)
    case 0x2b:
      return before === 0x48 || next === 0x55 || next === 0x48
    default:
      return false
  }
}

/** True for the backslash of `\n` or `\r` between two parts of a word, reversed, in ROT13, or both. */
function isTurnedLineEnd(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1)
  const isTurned =
    isLineEnd(before) || isRotatedLineEnd(before) || isRotatedLineEnd(text.charCodeAt(at + 1))
  return isTurned && isBetween(text, at)
}

/** True for the letter of an escaped end of line. */
function isLineEnd(unit: number): boolean {
  return unit === 0x6e || unit === 0x72
}

function isRotatedLineEnd(unit: number): boolean {
  return unit === 0x61 || unit === 0x65
}

/** A hex digit, or what ROT13 makes of one. */
function isTurnedHex(unit: number): boolean {
  return isHexUnit(unit) || ((unit | 32) >= 0x6e && (unit | 32) <= 0x73)
}

/** What stands beside the backslash of a long escape. */
function isMark(unit: number): boolean {
  const letter = unit | 32
  return letter === 0x75 || letter === 0x78 || letter === 0x68 || letter === 0x6b || isDigit(unit)
}

/** Backslashes that are no further apart may have characters of one value between them. */
const NEAR = 12
/** A word of fewer characters holds no part of a value. */
const SHORTEST_WORD = 10

/** True for a backslash of a short escape (`\n`, `\"`) inside what may be one value: one of several, or in the middle of a word. */
function isBetween(text: string, at: number): boolean {
  const other = text.indexOf('\\', at + 2)
  if (other >= 0 && other - at <= NEAR) return true
  let before = 0
  while (before < SHORTEST_WORD && text.charCodeAt(at - 1 - before) > 32) before++
  let after = 0
  while (after < SHORTEST_WORD && text.charCodeAt(at + 2 + after) > 32) after++
  return before > 0 && after > 0 && before + after >= SHORTEST_WORD
}

function isOctalUnit(unit: number): boolean {
  return unit >= 48 && unit <= 55
}
