import type { Json } from '../../core/json.ts'
import type { CallRedaction } from '../tool-type.ts'
import { pointed } from './json-pointer.ts'
import { parseLossless } from './lossless-json.ts'
import { mediaType } from './media-type.ts'

/** How far the redactor looks past what is delivered, so that a cut never falls into a match. */
export const LOOK_AHEAD = 65_536

/** The part of an answer that is the upstream's body. */
export interface DeliveredBody {
  readonly fields: Readonly<Record<string, Json>>
  readonly notes: readonly string[]
}

/** What was read, and what is wanted of it. */
export interface BodyInput {
  readonly bytes: Buffer
  /** False where there is more than was read. */
  readonly complete: boolean
  readonly contentType: string | null
  readonly select: readonly string[] | null
  readonly maxBytes: number
  /** The most that is ever delivered; `bytes` may be longer by `LOOK_AHEAD`. */
  readonly maxResponse: number
  readonly binary: boolean
  /** True where the upstream did what it was asked for (a status of 2xx). */
  readonly succeeded: boolean
}

const WHOLE = { complete: true, mayStore: false }

/**
 * Decode, redact, take out what was minted, select, cut: in this order, or `max_bytes` and `select` would show what has not been
 * seen whole, and a name of a field (`access_token`) would be gone before its value is judged.
 */
export async function deliveredBody(
  input: BodyInput,
  redaction: CallRedaction,
): Promise<DeliveredBody> {
  if (input.bytes.length === 0) return { fields: {}, notes: [] }
  const type = mediaType(input.contentType, input.bytes)
  if (type.kind === 'unreadable') {
    return {
      fields: {},
      notes: ['the body is in a character encoding that keyhand cannot read, and left out'],
    }
  }
  if (type.kind === 'binary' && input.binary) return binaryBody(input, redaction)
  if (type.kind === 'binary') {
    const size = input.complete
      ? `${input.bytes.length} bytes`
      : `more than ${input.maxResponse} bytes`
    // As it came: in lower case, redaction would not know a value any more.
    const said = redaction.text(input.contentType ?? 'no content type')
    const what = (await redaction.mintedText(said, WHOLE)).value.slice(0, 100)
    return {
      fields: {},
      notes: [
        `the body is binary (${what}, ${size}) and left out: \`binary: true\` asks for it in base64`,
      ],
    }
  }
  const whole = input.complete && input.bytes.length <= input.maxResponse
  const decoder = new TextDecoder(type.charset)
  if (!whole) return partialText(decoder.decode(input.bytes, { stream: true }), input, redaction)
  const text = decoder.decode(input.bytes)
  const json = type.kind === 'json' ? parseLossless(text) : null
  if (json !== null) return jsonBody(json.value, json.asStrings, input, redaction)
  const odd =
    type.kind === 'json' && text.trim() !== ''
      ? [
          'the body is called JSON but is not valid, has a name twice or is nested too deep: it is given as text',
        ]
      : []
  const minted = await redaction.mintedText(redaction.text(text), {
    complete: true,
    mayStore: input.succeeded,
  })
  return textBody(minted.value, input, [...odd, ...minted.notes, ...unselected(input)])
}

async function jsonBody(
  value: Json,
  asStrings: number,
  input: BodyInput,
  redaction: CallRedaction,
): Promise<DeliveredBody> {
  const minted = await redaction.mintedJson(redaction.json(value), input.succeeded)
  const notes =
    asStrings === 0
      ? []
      : [
          `${asStrings} number${asStrings === 1 ? '' : 's'} with more digits than a double holds ${asStrings === 1 ? 'is' : 'are'} given as strings`,
        ]
  notes.push(...minted.notes)
  let body = minted.value
  if (input.select !== null) {
    const found: Record<string, Json> = {}
    const missing: string[] = []
    for (const pointer of input.select) {
      const part = pointed(body, pointer)
      if (part === undefined) missing.push(pointer)
      else found[pointer] = part
    }
    if (missing.length > 0) notes.push(redaction.text(`nothing at ${missing.join(', ')}`))
    body = found
  }
  const text = JSON.stringify(body)
  return Buffer.byteLength(text) <= input.maxBytes
    ? { fields: { body }, notes }
    : textBody(text, input, notes)
}

function textBody(text: string, input: BodyInput, notes: readonly string[]): DeliveredBody {
  const total = Buffer.byteLength(text)
  if (total <= input.maxBytes) return { fields: { body: text }, notes }
  const body = cutToBytes(text, input.maxBytes)
  return cutBody({ body }, Buffer.byteLength(body), total, input, notes)
}

/** More came than may be read. The end of what is known may be the start of a match, so it is not flushed. */
async function partialText(
  text: string,
  input: BodyInput,
  redaction: CallRedaction,
): Promise<DeliveredBody> {
  const safe = redaction.stream().push(text)
  const minted = await redaction.mintedText(safe, { complete: false, mayStore: false })
  const body = cutToBytes(minted.value, Math.min(input.maxBytes, input.maxResponse))
  const notes = [
    `the response is larger than the ${input.maxResponse} bytes that are read of one: ask the API for less (a page, a filter)`,
  ]
  return cutBody({ body }, Buffer.byteLength(body), null, input, [
    ...notes,
    ...minted.notes,
    ...unselected(input),
  ])
}

async function binaryBody(input: BodyInput, redaction: CallRedaction): Promise<DeliveredBody> {
  if (!input.complete || input.bytes.length > input.maxResponse) {
    return {
      fields: {},
      notes: [
        `the body is larger than the ${input.maxResponse} bytes that are read of one, and left out`,
      ],
    }
  }
  if (holdsWideText(input.bytes, redaction)) {
    return { fields: {}, notes: ['the body holds a secret in UTF-16, and is left out'] }
  }
  const bytes = Buffer.from(redaction.bytes(input.bytes))
  if (await holdsMinted(bytes, redaction)) {
    return { fields: {}, notes: ['the body holds what looks like a credential, and is left out'] }
  }
  const shown = bytes.subarray(0, input.maxBytes)
  const fields = { body_base64: shown.toString('base64') }
  const notes = unselected(input)
  return shown.length === bytes.length
    ? { fields, notes }
    : cutBody(fields, shown.length, bytes.length, input, notes)
}

/** Bytes are redacted as text of one byte each; a value may stand there in two. */
function holdsWideText(bytes: Buffer, redaction: CallRedaction): boolean {
  return ['utf-16le', 'utf-16be'].some((charset) =>
    [0, 1].some((offset) => {
      const text = new TextDecoder(charset).decode(bytes.subarray(offset))
      return redaction.text(text) !== text
    }),
  )
}

/** A key file is often called binary. Its bytes are not cut to pieces: the body is left out as a whole. */
async function holdsMinted(bytes: Buffer, redaction: CallRedaction): Promise<boolean> {
  const text = bytes.toString('latin1')
  return (await redaction.mintedText(text, WHOLE)).value !== text
}

function cutBody(
  fields: Record<string, Json>,
  shown: number,
  total: number | null,
  input: BodyInput,
  notes: readonly string[],
): DeliveredBody {
  const more =
    total !== null && input.maxBytes < input.maxResponse
      ? `, or a larger \`max_bytes\` (up to ${input.maxResponse})`
      : ''
  const less =
    total === null
      ? []
      : [`the body is cut: ask for parts of it with \`select\` (JSON Pointers)${more}`]
  return {
    fields: { ...fields, truncated: { bytes_shown: shown, bytes_total: total } },
    notes: [...notes, ...less],
  }
}

function unselected(input: BodyInput): readonly string[] {
  return input.select === null ? [] : ['`select` needs a whole JSON body, which this is not']
}

/** The longest start of a text that fits and ends between two characters. */
function cutToBytes(text: string, most: number): string {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= most) return text
  let end = most
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end).toString('utf8')
}
