import type { SampleSecret } from './secret-kinds.ts'

/** Where in an answer the encoded value stands. */
export interface Position {
  readonly name: string
  readonly mediaType: string
  /** The answer's text. @param other a second secret. */
  place(encoded: string, other: SampleSecret): string
  /** It puts characters of the same kind beside the value without anything between. */
  readonly touches: boolean
}

const PROSE_BEFORE =
  'Thank you for your request. The deployment of the orders service went through at 14:03; the log says: '
const PROSE_AFTER = ' — please keep this for your records. If anything looks wrong, write to us.'

const RECORD = { id: 4711, status: 'active', sha: '9fceb02d0ae598e95dc970b74767f19372d61af8' }

export const POSITIONS: readonly Position[] = [
  text('alone', (encoded) => encoded),
  text('in prose', (encoded) => `${PROSE_BEFORE}${encoded}${PROSE_AFTER}`),
  json('JSON string', (encoded) => ({ ...RECORD, token: encoded })),
  json('JSON name', (encoded) => ({ ...RECORD, [encoded]: true })),
  json('JSON nested', (encoded) => ({ data: { items: [{ meta: { auth: { bearer: encoded } } }] }, ...RECORD })),
  json('JSON array', (encoded) => [RECORD, 'first', encoded, null, 17, 'last']),
  json('JSON in JSON', (encoded) => ({ event: JSON.stringify({ ...RECORD, token: encoded }) })),
  {
    ...text('CSV', (encoded) => `id,name,key\r\n1,orders,"${encoded.replaceAll('"', '""')}"\r\n2,billing,none\r\n`),
    mediaType: 'text/csv',
  },
  text('header in a dump', (encoded) => `> GET /v1/me HTTP/1.1\n> host: api.example.com\n> authorization: Bearer ${encoded}\n> accept: */*\n`),
  {
    ...text('HTML', (encoded) => `<!doctype html><title>Keys</title><p>Your key: <code>${markup(encoded)}</code></p>`),
    mediaType: 'text/html; charset=utf-8',
  },
  text('URL', (encoded) => `see https://app.example.com/callback?state=af0ifjsldkj&code=${urlSafe(encoded)}&scope=read`),
  text('shell', (encoded) => `export API_KEY='${encoded}'\ncurl -H "x-api-key: $API_KEY" https://api.example.com/\n`),
  text('at the start', (encoded) => `${encoded}\nwas accepted`),
  text('at the end', (encoded) => `accepted:\n${encoded}`),
  text('twice', (encoded) => `${encoded} and again ${encoded}`),
  text('beside another secret', (encoded, other) => `${other.value} ${encoded}`),
  { ...text('touching another secret', (encoded, other) => `${other.value}${encoded}${other.value}`), touches: true },
  { ...text('touching letters', (encoded) => `key${encoded}end`), touches: true },
]

/** The one of that name. */
export function position(name: string): Position {
  const found = POSITIONS.find((one) => one.name === name)
  if (found === undefined) throw new RangeError(`there is no position called ${name}`)
  return found
}

function text(name: string, place: Position['place']): Position {
  return { name, mediaType: 'text/plain; charset=utf-8', place, touches: false }
}

function json(name: string, value: (encoded: string) => unknown): Position {
  return {
    name,
    mediaType: 'application/json',
    place: (encoded) => JSON.stringify(value(encoded)),
    touches: false,
  }
}

function markup(encoded: string): string {
  return encoded.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** As a browser would: what a URL cannot hold is escaped. */
function urlSafe(encoded: string): string {
  return encodeURIComponent(encoded)
}
