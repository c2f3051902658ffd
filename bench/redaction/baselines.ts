import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Secret } from '../../src/core/secret.ts'
import { msOf } from '../figures.ts'

const MEGABYTE = 1_000_000
/** Where the system does not say how large its last cache is, or says that it is small. */
const LEAST_COPIED = 64 * MEGABYTE
const MOST_COPIED = 512 * MEGABYTE
/** The loop is so slow that a part of the input must do: so many units are searched in all, for all forms together. */
const LOOPED = 100 * MEGABYTE
/** How much ripgrep searches where its start is not to count, and in how many files at most. */
const SEARCHED = 40 * MEGABYTE
const MOST_FILES = 100

/** How fast this machine copies memory. */
export interface Copying {
  readonly size: number
  /** For people: how large, and against what cache. */
  readonly words: string
  /** Milliseconds of one copy of `size` bytes. */
  run(): number
}

/**
 * Copies a buffer that no cache holds: where it fitted into the last-level cache, that cache's bandwidth would be compared with
 * a search whose input comes from memory, and no search could come near.
 */
export function copying(): Copying {
  const cache = lastLevelCache()
  const size = Math.min(MOST_COPIED, Math.max(LEAST_COPIED, Math.ceil((cache ?? 0) * 1.25)))
  const source = Buffer.alloc(size, 'keyhand')
  const target = Buffer.alloc(size, 1)
  const known = cache === null ? 'of unknown size' : `of ${Math.round(cache / MEGABYTE)} MB`
  return {
    size,
    words: `${Math.round(size / MEGABYTE)} MB at once, with a last-level cache ${known}`,
    run: () => msOf(() => source.copy(target)),
  }
}

/** In bytes; null where the system does not say. */
function lastLevelCache(): number | null {
  for (const index of [3, 2]) {
    try {
      const file = `/sys/devices/system/cpu/cpu0/cache/index${index}/size`
      const kibibytes = /^(\d+)K$/.exec(readFileSync(file, 'utf8').trim())?.[1]
      if (kibibytes !== undefined) return Number(kibibytes) * 1024
    } catch {
      // The next one.
    }
  }
  return null
}

/** What the baselines look for: a value as it is, in hex and in base64. Redaction looks for many more. */
function formsOf(secrets: readonly Secret[]): string[] {
  return secrets.flatMap((secret) => {
    const bytes = Buffer.from(secret.reveal())
    return [secret.reveal(), bytes.toString('hex'), bytes.toString('base64')]
  })
}

/** A loop of `replaceAll`, one form of one value after the other: MB/s of UTF-8, over a part of the text where it is long. */
export function loopSpeed(text: string, secrets: readonly Secret[]): number {
  const forms = formsOf(secrets)
  const part = text.slice(0, Math.max(1_000, Math.floor(LOOPED / forms.length)))
  const runs = Math.max(1, Math.floor(MEGABYTE / (part.length * forms.length)))
  const ms = msOf(() => forms.reduce((out, form) => out.replaceAll(form, '[secret]'), part), runs)
  return Buffer.byteLength(part) / ms / 1_000
}

/** ripgrep over a file, with the same patterns that the loop looks for. */
export interface Ripgrep {
  /** Milliseconds over a text: with its start, and without it. A search inside of a process has no start. */
  run(text: string): { readonly whole: number; readonly net: number }
}

/** Null where it is not installed. Its files go into that folder. */
export function ripgrep(folder: string, secrets: readonly Secret[]): Ripgrep | null {
  if (spawnSync('rg', ['--version']).status !== 0) return null
  const patterns = join(folder, 'patterns')
  const data = join(folder, 'data')
  const nothing = join(folder, 'nothing')
  writeFileSync(patterns, formsOf(secrets).join('\n'))
  writeFileSync(nothing, '')
  const search = (...files: readonly string[]) => {
    const options = ['--no-config', '-a', '-F', '-o', '-j1', '--no-filename', '-f', patterns]
    const { status, stderr } = spawnSync('rg', [...options, ...files], {
      encoding: 'utf8',
      maxBuffer: 64 * MEGABYTE,
    })
    // 1 is "nothing found".
    if (status !== 0 && status !== 1) throw new Error(`rg: ${stderr}`)
  }
  return {
    run(text) {
      writeFileSync(data, text)
      // Its start takes longer than its search of one file, so the same file is given many times.
      const times = Math.min(MOST_FILES, Math.ceil(SEARCHED / text.length))
      const files = Array.from({ length: times }, () => data)
      const whole = msOf(() => search(data))
      return {
        whole,
        net: msOf(() => search(...files)) / times - msOf(() => search(nothing)) / times,
      }
    },
  }
}
