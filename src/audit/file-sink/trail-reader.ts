import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BrokerError } from '../../core/errors.ts'
import type { EntrySource } from '../merge.ts'
import { fileEntries, type TrailFilter } from '../report.ts'
import type { TrailFile, TrailLine } from '../trail-line.ts'
import { TRAIL_FOLDER, trailFileTime } from './trail-name.ts'

/** Longer than any record: what is longer is damage, and is passed over without keeping it. */
const LONGEST_LINE = 16 * 1024 * 1024
const CHUNK = 64 * 1024

/**
 * The files of the trail below KEYHAND_STATE, oldest first; none where there is no trail yet.
 *
 * @throws BrokerError `audit_unavailable` where the folder cannot be read.
 */
export async function listTrail(state: string): Promise<readonly TrailFile[]> {
  const folder = join(state, TRAIL_FOLDER)
  return (await trailNames(folder)).map((name) => ({
    name,
    lines: () => readLines(join(folder, name)),
  }))
}

/** The files as sources for `mergeEntries`. */
export function entrySources(files: readonly TrailFile[], filter: TrailFilter): EntrySource[] {
  return files.map((file) => ({
    madeAt: trailFileTime(file.name) ?? 0,
    entries: () => fileEntries(file, filter),
  }))
}

/** The lines of a file from a byte on, a chunk at a time. */
export async function* readLines(path: string, from = 0): AsyncGenerator<TrailLine> {
  const handle = await open(path, 'r')
  try {
    const splitter = new LineSplitter()
    const chunk = new Uint8Array(CHUNK)
    for (let position = from; ; ) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK, position)
      if (bytesRead === 0) break
      position += bytesRead
      yield* splitter.push(chunk.subarray(0, bytesRead))
    }
    yield* splitter.end()
  } finally {
    await handle.close()
  }
}

/** The names of the trail's files, oldest first. */
export async function trailNames(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder)
    return names.filter((name) => trailFileTime(name) !== null).sort()
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'
    if (code === 'ENOENT') return []
    throw new BrokerError('audit_unavailable', `the trail cannot be read (${code})`)
  }
}

/** Cuts bytes into lines. At most one line is kept, and of one that is too long nothing. */
export class LineSplitter {
  #parts: Uint8Array[] = []
  #size = 0

  push(bytes: Uint8Array): TrailLine[] {
    const lines: TrailLine[] = []
    let start = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      this.#keep(bytes.subarray(start, end))
      lines.push({ text: this.#take(), complete: true })
      start = end + 1
    }
    // A copy: the caller's buffer is used again.
    if (start < bytes.length) this.#keep(bytes.slice(start))
    return lines
  }

  /** The last line, where it has no newline. */
  end(): TrailLine[] {
    return this.#size > 0 ? [{ text: this.#take(), complete: false }] : []
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length
    if (this.#size > LONGEST_LINE) this.#parts = []
    else this.#parts.push(part)
  }

  #take(): string | null {
    const [parts, size] = [this.#parts, this.#size]
    this.#parts = []
    this.#size = 0
    return size > LONGEST_LINE ? null : utf8(Buffer.concat(parts, size))
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}
