import { lstatSync, statSync } from 'node:fs'
import { readlink } from 'node:fs/promises'
import { dirname, join, parse, resolve, sep } from 'node:path'
import { type Trust, untrusted } from './file-trust.ts'

/** One thing on the way to a file, and what it was when it was looked at. */
export interface Step {
  readonly path: string
  readonly stamp: string
}

/** The way to a file: every folder and link on it, as they were at one moment. */
export interface FileTrace {
  readonly steps: readonly Step[]
  /** The file without links; null where there is none. */
  readonly target: {
    readonly path: string
    readonly stamp: string
    readonly ctimeMs: number
  } | null
  /** What is wrong on the way, and what would be right; null where nothing is. */
  readonly refused: {
    readonly path: string
    readonly message: string
    readonly fix: string | null
  } | null
}

const MAX_LINKS = 40

/** What was there where nothing was. */
const ABSENT = 'absent'

/**
 * Walks to a file from the root, link by link, and checks each folder, each link and the file itself. Never throws.
 *
 * @param trust null where modes say nothing (Windows): links are then followed by the system, and nothing is checked.
 */
export async function traceFile(
  file: string,
  trust: Trust | null,
  wanted: 'file' | 'folder' = 'file',
): Promise<FileTrace> {
  const path = resolve(file)
  const steps: Step[] = []
  const end = (
    target: FileTrace['target'],
    message?: string,
    at = path,
    fix: string | null = null,
  ): FileTrace => ({
    steps,
    target,
    refused: message === undefined ? null : { path: at, message, fix },
  })
  let links = 0
  let current = parse(path).root
  let pending = trust === null ? [] : names(path)
  let here = look(trust === null ? path : current, trust === null)
  for (;;) {
    const at = trust === null ? path : current
    steps.push({ path: at, stamp: here.stamp })
    if (!here.found) {
      return here.stamp === ABSENT ? end(null) : end(null, `cannot be read (${here.stamp})`, at)
    }
    const why = trust === null ? null : untrusted(here, here.kind, trust)
    if (why !== null) return end(null, why, at, remedy(why, at))
    if (here.kind === 'link') {
      if (++links > MAX_LINKS) return end(null, 'goes through too many links', at)
      const to = await readlink(at).catch(() => null)
      if (to === null) return end(null)
      pending = [...names(to), ...pending]
      current = to.startsWith(sep) ? parse(to).root : dirname(at)
    } else if (pending.length === 0) {
      const target = { path: at, stamp: here.stamp, ctimeMs: here.ctimeMs }
      return here.kind === wanted ? end(target) : end(null, `is not a ${wanted}`, at)
    } else if (here.kind === 'file') return end(null, 'is not a folder', at)
    const next = pending.shift() ?? ''
    current = next === '..' ? dirname(current) : join(current, next)
    here = look(current, false)
  }
}

/**
 * True where everything on these ways is as it was. The process waits: each call asks this of a few inodes that are in memory, and by
 * way of a thread it would cost ten times as much (0.4 ms a call: measured).
 */
export function unchanged(steps: readonly Step[]): boolean {
  const unique = new Map(steps.map((step) => [step.path, step.stamp]))
  const follow = process.platform === 'win32'
  for (const [path, stamp] of unique) if (look(path, follow).stamp !== stamp) return false
  return true
}

type Look =
  | { readonly found: false; readonly stamp: string }
  | {
      readonly found: true
      readonly kind: 'file' | 'folder' | 'link'
      readonly stamp: string
      readonly ctimeMs: number
      readonly mode: bigint
      readonly uid: bigint
      readonly gid: bigint
    }

function look(path: string, follow: boolean): Look {
  try {
    const options = { bigint: true, throwIfNoEntry: false } as const
    const stats = follow ? statSync(path, options) : lstatSync(path, options)
    if (stats === undefined) return { found: false, stamp: ABSENT }
    const kind = stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'file'
    const ctimeMs = Number(stats.ctimeNs / 1_000_000n)
    const { mode, uid, gid } = stats
    return { found: true, kind, stamp: stampOf(stats), ctimeMs, mode, uid, gid }
  } catch (error) {
    const code = codeOf(error)
    return { found: false, stamp: code === 'ENOENT' || code === 'ENOTDIR' ? ABSENT : code }
  }
}

/** What is other when a file is: of a folder only what says who may write it, since its times change with each neighbour. */
export function stampOf(found: {
  isDirectory(): boolean
  readonly dev: bigint
  readonly ino: bigint
  readonly mode: bigint
  readonly uid: bigint
  readonly gid: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}): string {
  const who = [found.dev, found.ino, found.mode, found.uid, found.gid]
  const what = found.isDirectory() ? [] : [found.size, found.mtimeNs, found.ctimeNs]
  return [...who, ...what].join(' ')
}

/** The system's own word for what went wrong; never its message. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : 'unknown'
}

function names(path: string): string[] {
  return path.split(sep).filter((name) => name !== '' && name !== '.' && !/^[A-Za-z]:$/.test(name))
}

function remedy(why: string, path: string): string {
  return why.startsWith('belongs')
    ? `let it belong to the user that runs keyhand, or to root: ${path}`
    : `take the right away: chmod go-w '${path}'`
}
