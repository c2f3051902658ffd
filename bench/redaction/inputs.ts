import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../../src/core/secret.ts'

const MEGABYTE = 1_000_000
const HITS_PER_MEGABYTE = 5
/** How much text one base64 value of `base64` holds. */
const BLOB = 3_000

/** What a text is mixed of, and how far apart two neighbours were: a prime, so that each comes once. */
const BLOCK = 2_000
const STRIDE = 7_919

const SOURCES = ['zod', 'undici', 'yaml', '@modelcontextprotocol/server', 'fast-check']

/** Random text that is the same in each run. */
function randomText(seed: string, length: number): string {
  let text = ''
  for (let i = 0; text.length < length; i++) {
    text += createHash('sha256').update(`${seed}/${i}`).digest('base64url')
  }
  return text.slice(0, length)
}

/** So many secrets of four real shapes. */
export function secretsOf(count: number): Secret[] {
  return Array.from({ length: count }, (_, i) => {
    const shapes = [
      `ghp_${randomText(`g${i}`, 36)}`,
      randomText(`a${i}`, 40).replaceAll('-', '+').replaceAll('_', '/'),
      createHash('sha256').update(`h${i}`).digest('hex'),
      `sk_live_${randomText(`s${i}`, 24)}`,
    ]
    return new Secret(`secret_${i}`, shapes[i % shapes.length] ?? '')
  })
}

/** Makes text of a length, without any secret in it. */
export const INPUTS = {
  text: (length) => realText(/\.(?:js|md|ts)$/, length),
  JSON: (length) => realText(/\.(?:json|map)$/, length),
  /** Files as an API gives them: each a line of JSON whose content is in base64. */
  base64: (length) => {
    const text = realText(/\.(?:js|md|ts)$/, length)
    const lines: string[] = []
    for (let at = 0, size = 0; size < length; at += BLOB) {
      const content = Buffer.from(text.slice(at, at + BLOB)).toString('base64')
      const line = JSON.stringify({ path: `src/file-${lines.length}.js`, size: BLOB, content })
      size += line.length + 1
      lines.push(line)
    }
    return flat(lines.join('\n').slice(0, length))
  },
  log: (length) => {
    const lines: string[] = []
    for (let size = 0; size < length; size += lines.at(-1)?.length ?? 0) {
      const id = createHash('sha1').update(`l${lines.length}`).digest('hex')
      const time = new Date(Date.UTC(2026, 10, 23) + lines.length * 137).toISOString()
      lines.push(`${time} INFO request ${id.slice(0, 16)} GET /repos/acme/site 200 in 12 ms\n`)
    }
    return flat(lines.join('').slice(0, length))
  },
} satisfies Record<string, (length: number) => string>

export type InputName = keyof typeof INPUTS

/** With five of the values in each megabyte, the first after 200 kB. */
export function planted(text: string, secrets: readonly Secret[]): string {
  const step = Math.floor(MEGABYTE / HITS_PER_MEGABYTE)
  let out = ''
  for (let at = 0; at < text.length; at += step) {
    const value = secrets[(at / step) % secrets.length]?.reveal() ?? ''
    const piece = text.slice(at, at + step)
    out += piece.length === step ? piece + value : piece
  }
  return flat(out)
}

/** Made anew, so that it is one flat string: a rope or a slice is searched at another speed. */
export function flat(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

/** Real source, JSON and prose, of the packages that are installed anyway; mixed, so that its start is like all of it. */
function realText(extensions: RegExp, size: number): string {
  const modules = join(import.meta.dirname, '../../node_modules')
  let text = ''
  for (const name of SOURCES) {
    for (const file of readdirSync(join(modules, name), { recursive: true, encoding: 'utf8' })) {
      // A program in base64 is no ordinary text.
      if (extensions.test(file) && !file.includes('wasm'))
        text += readFileSync(join(modules, name, file), 'utf8')
    }
  }
  while (text.length < size) text += text
  const blocks = Math.floor(text.length / BLOCK)
  let mixed = ''
  for (let i = 0; mixed.length < size; i++) {
    const at = ((i * STRIDE) % blocks) * BLOCK
    mixed += text.slice(at, at + BLOCK)
  }
  return flat(mixed.slice(0, size))
}
