const TEXT =
  /^(?:text\/|application\/(?:[^;]*\+)?(?:json|xml|yaml|javascript|ecmascript|graphql|sql|toml|csv|x-ndjson|ndjson|jsonl|x-yaml|x-www-form-urlencoded|json-seq)$|image\/svg\+xml$|message\/)/

/** How a body is to be read. */
export interface MediaType {
  /** `unreadable`: text in a character encoding that cannot be decoded, so that redaction would not know a value in it. */
  readonly kind: 'json' | 'text' | 'binary' | 'unreadable'
  /** A label that `TextDecoder` knows. */
  readonly charset: string
}

/** Reads a Content-Type; where it says nothing, the body itself is looked at. */
export function mediaType(header: string | null, body: Uint8Array): MediaType {
  const essence = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const said = /;\s*charset\s*=\s*"?([A-Za-z0-9_:.+-]{1,40})"?/i.exec(header ?? '')?.[1]
  // A byte order mark outranks what the header says (Encoding Standard, 6).
  const charset = byteOrderMark(body) ?? (said === undefined ? 'utf-8' : knownCharset(said))
  if (charset === null) return { kind: 'unreadable', charset: 'utf-8' }
  if (/[/+]json$/.test(essence)) return { kind: 'json', charset }
  if (essence === '') return { kind: looksLikeText(body) ? 'text' : 'binary', charset }
  const text = TEXT.test(essence) || charset.startsWith('utf-16')
  return { kind: text ? 'text' : 'binary', charset }
}

function byteOrderMark(body: Uint8Array): string | null {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le'
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be'
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 'utf-8' : null
}

function knownCharset(label: string): string | null {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return null
  }
}

function looksLikeText(body: Uint8Array): boolean {
  const start = Buffer.from(body.subarray(0, 4_096))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return !/[\x00-\x08\x0e-\x1a\ufffd]/.test(new TextDecoder().decode(start, { stream: true }))
}
