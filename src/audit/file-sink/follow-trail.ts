import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditRecord } from '../audit-event.ts'
import { asRecord } from '../report.ts'
import { TRAIL_FOLDER } from './trail-name.ts'
import { LineSplitter, trailNames } from './trail-reader.ts'

/** A record that was just written, and the file that it is in. */
export interface FollowedRecord {
  readonly file: string
  readonly record: AuditRecord
}

interface Followed {
  position: number
  readonly splitter: LineSplitter
}

/**
 * What all processes write from now on, as it is written, until the signal ends it. Looks every `everyMs`: watchers of
 * file systems lose events and differ, and this must show all that there is. A file's records come in their order; those of
 * several files as they are found.
 */
export async function* followTrail(options: {
  /** KEYHAND_STATE. */
  readonly state: string
  readonly signal: AbortSignal
  readonly everyMs?: number
}): AsyncGenerator<FollowedRecord> {
  const { signal, everyMs = 200 } = options
  const folder = join(options.state, TRAIL_FOLDER)
  const files = new Map<string, Followed>()
  for (const name of await trailNames(folder)) {
    files.set(name, { position: await sizeOf(join(folder, name)), splitter: new LineSplitter() })
  }
  while (!signal.aborted) {
    for (const name of await trailNames(folder)) {
      const file = files.get(name) ?? { position: 0, splitter: new LineSplitter() }
      files.set(name, file)
      for await (const text of newLines(join(folder, name), file)) {
        const record = text === null ? null : asRecord(text)
        if (record !== null) yield { file: name, record }
      }
    }
    await pause(everyMs, signal)
  }
}

/** The lines that have their end; the beginning of the next one stays in the splitter. */
async function* newLines(path: string, file: Followed): AsyncGenerator<string | null> {
  if ((await sizeOf(path)) <= file.position) return
  const handle = await open(path, 'r')
  try {
    const chunk = new Uint8Array(64 * 1024)
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, file.position)
      if (bytesRead === 0) return
      file.position += bytesRead
      for (const line of file.splitter.push(chunk.subarray(0, bytesRead))) yield line.text
    }
  } finally {
    await handle.close()
  }
}

/** 0 for a file that went away meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
