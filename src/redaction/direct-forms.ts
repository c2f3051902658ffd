import { Buffer } from 'node:buffer'
import punycode from 'punycode/punycode.js'
import { base64Forms, base64Whole, hexForms } from './base-forms.ts'
import { jsonForms, markupForms, percentForms } from './escape-forms.ts'
import { isSparse } from './spread-forms.ts'
import { TURNS } from './turns.ts'

/** One way in which a value is written, found as it is; see `Pattern.edges`. */
export interface DirectForm {
  readonly text: string
  readonly edges: boolean
}

/** Digits below which the shortest form of a number would be anything: `1.0` is `1`. */
const SHORTEST_NUMBER = 4

const PLAIN = /^[A-Za-z0-9._~-]*$/

/**
 * The forms in which a value is looked for directly: raw, JSON-, percent- and markup-escaped, hex, base64 and base64url at
 * three alignments; of a password with few letters the escaped ones also reversed and in ROT13; of a text with lines also with
 * the other ends of line. White space around the value is not part of it. Empty for a blank value: nothing can be found of it.
 */
export function directForms(value: string): DirectForm[] {
  const forms = new Map<string, boolean>()
  const add = (texts: readonly string[], edges = false): void => {
    for (const text of texts) if (text !== '') forms.set(text, edges || forms.get(text) === true)
  }
  for (const text of lineVariants(value.trim())) {
    const bytes = Buffer.from(text, 'utf8')
    add([text, ...numberForm(text)])
    if (!PLAIN.test(text)) {
      const escaped = [...jsonForms(text), ...percentForms(bytes), ...markupForms(text)]
      add(escaped)
      // Between few letters one escape is enough to tear what is left of them apart, and one alone is no sign of a turned text.
      if (isSparse(text)) for (const turn of TURNS) add(escaped.map(turn))
    }
    add([...hexForms(bytes), ...base64Whole(bytes)])
    add(base64Forms(bytes), true)
    if (/[^\0-\x7f]/.test(text)) {
      // What is not ASCII is hard to tell from binary data, so it is not left to decoding.
      const domain = punycode.encode(text)
      add([domain, domain.toLowerCase()])
      const wide = Buffer.from(text, 'utf16le')
      for (const one of [wide, Buffer.from(wide).swap16()]) {
        add(hexForms(one))
        add(base64Forms(one), true)
      }
    }
  }
  for (const [text, edges] of [...forms]) add([bytesOf(text)], edges)
  return [...forms].map(([text, edges]) => ({ text, edges }))
}

/** A text's UTF-8 with one character for each byte: how it stands in bytes, and in text that was decoded wrongly. */
function bytesOf(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

/** The text with each kind of line end; a key kept on one line with `\n` spelled out also with real ones. */
function lineVariants(text: string): ReadonlySet<string> {
  const unix = text.replaceAll('\r\n', '\n')
  const variants = new Set([text, unix, unix.replaceAll('\n', '\r\n')])
  if (text.startsWith('-----BEGIN') && text.includes('\\n')) {
    const lines = text.replaceAll('\\r', '').replaceAll('\\n', '\n').trim()
    variants.add(lines).add(lines.replaceAll('\n', '\r\n'))
  }
  return variants
}

/** A number as JavaScript writes it, where the value is one and is written otherwise: `1234.50`. */
function numberForm(text: string): string[] {
  if (!/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return []
  const form = String(Number(text))
  return form.length >= SHORTEST_NUMBER ? [form] : []
}
