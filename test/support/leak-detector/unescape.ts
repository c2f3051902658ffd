/** What a rewriting found to undo, or null where a text has nothing of the kind. */
export type Rewrite = (text: string) => string | null

const NAMES: Readonly<Record<string, number>> = {
  amp: 38,
  lt: 60,
  gt: 62,
  quot: 34,
  apos: 39,
  excl: 33,
  num: 35,
  dollar: 36,
  percnt: 37,
  lpar: 40,
  rpar: 41,
  ast: 42,
  plus: 43,
  comma: 44,
  period: 46,
  sol: 47,
  colon: 58,
  semi: 59,
  equals: 61,
  quest: 63,
  commat: 64,
  lsqb: 91,
  bsol: 92,
  rsqb: 93,
  hat: 94,
  lowbar: 95,
  lcub: 123,
  vert: 124,
  rcub: 125,
  nbsp: 160,
  auml: 228,
  ouml: 246,
  uuml: 252,
  szlig: 223,
  eacute: 233,
  ccedil: 231,
  ntilde: 241,
  oslash: 248,
  tab: 9,
  newline: 10,
  grave: 96,
  lbrack: 91,
  rbrack: 93,
  lbrace: 123,
  rbrace: 125,
  verbar: 124,
  midast: 42,
  dash: 0x2010,
}

const CONTROLS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
}

/** Backslashes of JSON, JavaScript, C and shells; one level of them. */
const backslashes: Rewrite = (text) =>
  replaced(
    text,
    /\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-9a-f]{2})|([0-7]{1,3})|(["'\\/nrtbfv]))/gi,
    (_, braces, u, long, x, octal, short = '') => {
      const hex = braces ?? u ?? long ?? x
      if (hex !== undefined) return pointOf(Number.parseInt(hex, 16))
      if (octal !== undefined) return pointOf(Number.parseInt(octal, 8))
      return CONTROLS[short] ?? short
    },
  )

const entities: Rewrite = (text) =>
  replaced(
    text,
    /&(?:#0*(\d{1,7})|#x0*([0-9a-f]{1,6})|([a-z]{2,8}));?/gi,
    (whole, decimal, hex, name = '') => {
      if (decimal !== undefined) return pointOf(Number(decimal))
      if (hex !== undefined) return pointOf(Number.parseInt(hex, 16))
      const point = NAMES[name.toLowerCase()]
      return point === undefined ? whole : pointOf(point)
    },
  )

const percents: Rewrite = (text) =>
  replaced(text, /(?:%[0-9a-f]{2})+/gi, (escapes) => utf8OfHex(escapes.replaceAll('%', '')))

/** As in a query: `+` is a space. */
const formPercents: Rewrite = (text) =>
  text.includes('+') && /%[0-9a-f]{2}/i.test(text) ? percents(text.replaceAll('+', ' ')) : null

const unicodePercents: Rewrite = (text) =>
  replaced(text, /(?:%u|U\+)([0-9a-f]{4,6})[ ,;]?/gi, (_, hex = '') =>
    pointOf(Number.parseInt(hex, 16)),
  )

const quotedPrintable: Rewrite = (text) =>
  replaced(text, /=\r?\n|(?:=[0-9a-f]{2})+/gi, (escapes) =>
    escapes.startsWith('=\r') || escapes.startsWith('=\n')
      ? ''
      : utf8OfHex(escapes.replaceAll('=', '')),
  )

/** UTF-8 that was read as Latin-1. */
const misread: Rewrite = (text) =>
  replaced(text, /[\x80-\xff]{2,}/g, (bytes) => Buffer.from(bytes, 'latin1').toString('utf8'))

const compatibility: Rewrite = (text) => changed(text, text.normalize('NFKC'))

/** Each makes a text shorter or simpler, so that they may be applied over and over. */
export const UNESCAPES: Readonly<Record<string, Rewrite>> = {
  backslashes,
  entities,
  percents,
  formPercents,
  unicodePercents,
  quotedPrintable,
  misread,
  compatibility,
}

export function changed(before: string, after: string): string | null {
  return after === before ? null : after
}

function replaced(
  text: string,
  pattern: RegExp,
  replace: (whole: string, ...groups: (string | undefined)[]) => string,
): string | null {
  return changed(text, text.replace(pattern, replace))
}

function pointOf(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : ''
}

function utf8OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('utf8')
}
