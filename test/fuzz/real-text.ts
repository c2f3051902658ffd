import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SeededRandom } from '../corpus/redaction/seeded-random.ts'

/** One file of real text, or a part of one. */
export interface RealText {
  /** What it is: code, JSON, prose, log. */
  readonly kind: string
  readonly text: string
}

const KINDS: Readonly<Record<string, RegExp>> = {
  JSON: /\.(?:json|map)$/,
  prose: /\.(?:md|txt|html|rst)$|^(?:README|changelog|copyright|NEWS|words)[^/]*$/i,
  code: /\.(?:[cm]?[jt]s|py|css|yaml|yml|toml|sh|c|h)$/,
}

/** No file gives more: a single large one must not be most of what is measured. */
const MOST_OF_A_FILE = 2_000_000

/** Files below these folders, as much as there is up to `bytes`; a folder that is not there gives nothing. */
export function* realText(folders: readonly string[], bytes: number): Generator<RealText> {
  let left = bytes
  for (const path of folders.flatMap((folder) => [...filesBelow(folder)])) {
    if (left <= 0) return
    const name = path.split('/').at(-1) ?? ''
    const kind = Object.entries(KINDS).find(([, pattern]) => pattern.test(name))?.[0]
    if (kind === undefined) continue
    const text = readFileSync(path).subarray(0, Math.min(left, MOST_OF_A_FILE)).toString('utf8')
    left -= text.length
    yield { kind, text }
  }
}

/** Lines as services write them, with the ids and digests that look like secrets and are none. */
export function logs(bytes: number): RealText {
  const random = new SeededRandom('logs')
  let text = ''
  for (let line = 0; text.length < bytes; line++) {
    const id = random.bytes(16).toString('hex')
    text += `2026-11-23T12:${String(line % 60).padStart(2, '0')}:07.123Z INFO orders request=${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20)} commit=${random.bytes(20).toString('hex')} digest=sha256:${random.bytes(32).toString('hex')} etag="${random.bytes(12).toString('base64')}" ms=${line % 977}\n`
  }
  return { kind: 'log', text }
}

function* filesBelow(folder: string): Generator<string> {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile()) yield path
  }
}
