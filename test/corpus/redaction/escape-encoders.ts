/** Every UTF-16 code unit of a text, written in some way. */
export function eachUnit(text: string, write: (unit: number) => string): string {
  return Array.from({ length: text.length }, (_, index) => write(text.charCodeAt(index))).join('')
}

/** Every byte of a text's UTF-8, written in some way. */
export function eachByte(text: string, write: (byte: number, index: number) => string): string {
  return Array.from(Buffer.from(text, 'utf8'), write).join('')
}

/** Every character (code point) of a text, written in some way. */
export function eachCharacter(text: string, write: (point: number) => string): string {
  return Array.from(text, (character) => write(character.codePointAt(0) ?? 0)).join('')
}

export function hexOf(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}

const NAMED: Readonly<Record<string, string>> = {
  '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos', '!': 'excl', '#': 'num', $: 'dollar',
  '%': 'percnt', '(': 'lpar', ')': 'rpar', '*': 'ast', '+': 'plus', ',': 'comma', '.': 'period',
  '/': 'sol', ':': 'colon', ';': 'semi', '=': 'equals', '?': 'quest', '@': 'commat', '[': 'lsqb',
  '\\': 'bsol', ']': 'rsqb', '^': 'Hat', _: 'lowbar', '{': 'lcub', '|': 'vert', '}': 'rcub',
  ä: 'auml', ö: 'ouml', ü: 'uuml', ß: 'szlig', é: 'eacute', ç: 'ccedil', ñ: 'ntilde', ø: 'oslash',
}

/** HTML's names for all characters that have one. */
export function htmlNamed(text: string): string {
  return [...text]
    .map((character) => (NAMED[character] === undefined ? character : `&${NAMED[character]};`))
    .join('')
}

export function xmlEscaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}

/** RFC 2045, 6.7: what must be escaped is, and lines end after 76 characters. */
export function quotedPrintable(text: string): string {
  const units = Array.from(Buffer.from(text, 'utf8'), (byte) =>
    (byte >= 33 && byte <= 126 && byte !== 61) || byte === 32
      ? String.fromCharCode(byte)
      : `=${hexOf(byte, 2).toUpperCase()}`,
  )
  let line = ''
  const lines: string[] = []
  for (const unit of units) {
    if (line.length + unit.length > 75) {
      lines.push(`${line}=`)
      line = ''
    }
    line += unit
  }
  return [...lines, line].join('\r\n')
}

/** `\u0041` for what is not ASCII, and JSON's own escapes. */
export function jsonAscii(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/g, (unit) => `\\u${hexOf(unit.charCodeAt(0), 4)}`)
}
