/** Which characters an escaper of JSON or JavaScript text writes as `\uXXXX`, besides those that JSON itself asks for. */
const HTML_SETS = ['', '<>&', "<>&'=", '<>&\'"+`', '<>&\'"'] as const

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
}

interface JsonStyle {
  readonly slash: boolean
  readonly ascii: boolean
  readonly html: string
  readonly upper: boolean
  readonly short: boolean
}

/**
 * A value as the JSON libraries in use escape it: `\/` (PHP) or not; other than ASCII kept or as `\uXXXX` (Python, PHP, C#);
 * what is unsafe in HTML as `\u003c` (Go, Gson, Rails) or `\u003C` (.NET, Django); control characters short or not.
 */
export function jsonForms(value: string): string[] {
  const both = [false, true]
  const slashes = value.includes('/') ? both : [false]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  const shorts = /[\0-\x1f]/.test(value) ? both : [true]
  const asciis = /[^ -~]/.test(value) ? both : [false]
  const sets = HTML_SETS.filter((set) => set === '' || [...set].some((c) => value.includes(c)))
  const forms = new Set<string>()
  for (const slash of slashes)
    for (const ascii of asciis)
      for (const html of sets)
        for (const short of shorts)
          for (const upper of both) forms.add(jsonForm(value, { slash, ascii, html, upper, short }))
  return [...forms]
}

function jsonForm(value: string, style: JsonStyle): string {
  let form = ''
  for (let i = 0; i < value.length; i++) {
    const character = value.charAt(i)
    const code = value.charCodeAt(i)
    const short = SHORT_ESCAPES[character]
    if (style.html.includes(character)) form += unicodeEscape(code, style.upper)
    else if (short !== undefined && (style.short || code >= 32)) form += short
    else if (code < 32) form += unicodeEscape(code, style.upper)
    else if (character === '/' && style.slash) form += '\\/'
    else if (code === 0x2028 || code === 0x2029) {
      form += style.ascii || style.html !== '' ? unicodeEscape(code, style.upper) : character
    } else if (code > 126 && style.ascii) form += unicodeEscape(code, style.upper)
    else form += character
  }
  return form
}

function unicodeEscape(code: number, upper: boolean): string {
  const hex = code.toString(16).padStart(4, '0')
  return `\\u${upper ? hex.toUpperCase() : hex}`
}

const ALWAYS_KEPT = /[A-Za-z0-9]/

/** What each percent-encoder keeps besides letters and digits, and what it writes for a space. */
const PERCENT_STYLES = [
  { kept: "-_.!~*'()", space: '%20' }, // encodeURIComponent
  { kept: '-_.~', space: '%20' }, // RFC 3986, strictly; SigV4
  { kept: '-_.~/', space: '%20' }, // Python's quote
  { kept: "-_.!~*'();,/?:@&=+$#", space: '%20' }, // encodeURI
  { kept: '*-._', space: '+' }, // HTML forms, URLSearchParams
  { kept: '-_.~', space: '+' }, // Go's QueryEscape, Python's quote_plus
] as const

/** A value's bytes in percent-encoding, in the styles of the encoders in use and with digits of either case. */
export function percentForms(bytes: Uint8Array): string[] {
  return PERCENT_STYLES.flatMap(({ kept, space }) => {
    const upper = [...bytes].map((byte) => {
      const character = String.fromCharCode(byte)
      if (byte === 32) return space
      if (ALWAYS_KEPT.test(character) || kept.includes(character)) return character
      return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    const form = upper.join('')
    return form.includes('%') || form.includes('+')
      ? [form, upper.map((part) => (part.length === 3 ? part.toLowerCase() : part)).join('')]
      : [form]
  })
}

/** By character: what HTML and XML writers put in its place. */
const MARKUP_STYLES: readonly Readonly<Record<string, string>>[] = [
  { '&': '&amp;', '<': '&lt;', '>': '&gt;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#039;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;', '/': '&#x2F;' },
  {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
    '/': '&#x2F;',
    '`': '&#x60;',
    '=': '&#x3D;',
  },
]

/** A value as HTML and XML writers escape it. */
export function markupForms(value: string): string[] {
  if (!/[&<>"'`=/]/.test(value)) return []
  return MARKUP_STYLES.map((style) =>
    value.replaceAll(/[&<>"'`=/]/g, (character) => style[character] ?? character),
  )
}
