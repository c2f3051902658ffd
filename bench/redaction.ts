import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../src/core/json.ts'
import { Secret } from '../src/core/secret.ts'
import { createRedactor } from '../src/redaction/redactor.ts'

/**
 * Redaction's speed against the number of secrets, as ratios to copying the same data and to a loop of `replaceAll`, all in
 * one run, interleaved. `node bench/redaction.ts`
 */

const MEGABYTE = 1_000_000
const COUNTS = [1, 10, 100, 1_000]
const HITS_PER_MEGABYTE = 5

interface Row {
  readonly input: string
  readonly secrets: number
  /** MB/s. */
  readonly speed: number
  readonly copy: number
  readonly loop: number
}

/** Random text that is the same in each run. */
function randomText(seed: string, length: number): string {
  let text = ''
  for (let i = 0; text.length < length; i++) {
    text += createHash('sha256').update(`${seed}/${i}`).digest('base64url')
  }
  return text.slice(0, length)
}

function secretsOf(count: number): Secret[] {
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

/** Real source, JSON and prose, of the packages that are installed anyway. */
function realText(extensions: RegExp, size: number): string {
  const modules = join(import.meta.dirname, '..', 'node_modules')
  let text = ''
  for (const name of ['zod', 'undici', 'yaml', '@modelcontextprotocol/server', 'fast-check']) {
    for (const file of readdirSync(join(modules, name), { recursive: true, encoding: 'utf8' })) {
      if (text.length >= size) return text.slice(0, size)
      if (extensions.test(file)) text += readFileSync(join(modules, name, file), 'utf8')
    }
  }
  while (text.length < size) text += text
  return text.slice(0, size)
}

/** With five values in each megabyte, and made anew, so that it is one flat string. */
function planted(text: string, secrets: readonly Secret[]): string {
  const step = Math.floor(MEGABYTE / HITS_PER_MEGABYTE)
  let out = ''
  for (let at = 0; at < text.length; at += step) {
    out += text.slice(at, at + step) + (secrets[(at / step) % secrets.length]?.reveal() ?? '')
  }
  return Buffer.from(out, 'utf8').toString('utf8')
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function timed(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** Medians in ms of works that are run in turn. */
function interleaved(works: readonly (() => unknown)[], rounds: number): number[] {
  const times = works.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const ms = timed(work)
      if (round >= rounds / 3) times[i]?.push(ms)
    }
  }
  return times.map(median)
}

function replaceAllLoop(text: string, secrets: readonly Secret[]): string {
  let out = text
  for (const secret of secrets) {
    const value = secret.reveal()
    const bytes = Buffer.from(value)
    for (const form of [value, bytes.toString('hex'), bytes.toString('base64')]) {
      out = out.replaceAll(form, String(secret))
    }
  }
  return out
}

function measure(input: string, plain: string, secrets: readonly Secret[]): Row {
  const redactor = createRedactor()
  for (const secret of secrets) redactor.register(secret)
  const text = planted(plain, secrets)
  const bytes = Buffer.from(text)
  const target = Buffer.alloc(bytes.length)
  const [scan = 0, copy = 0] = interleaved(
    [() => redactor.session().text(text), () => bytes.copy(target)],
    24,
  )
  // The loop is so slow that a part of the input must do.
  const part = text.slice(0, Math.max(100_000, Math.floor(text.length / secrets.length)))
  const loop = median([1, 2, 3].map(() => timed(() => replaceAllLoop(part, secrets))))
  const perSecond = (size: number, ms: number) => size / MEGABYTE / (ms / 1_000)
  return {
    input,
    secrets: secrets.length,
    speed: perSecond(bytes.length, scan),
    copy: perSecond(bytes.length, copy),
    loop: perSecond(part.length, loop),
  }
}

function printThroughput(): void {
  const inputs = {
    text: realText(/\.(?:js|md|ts)$/, 4 * MEGABYTE),
    JSON: realText(/\.(?:json|map)$/, 4 * MEGABYTE),
    base64: randomText('base64', 4 * MEGABYTE),
  }
  console.log('text(), 4 MB in memory; each figure is a median')
  console.log('input   secrets      MB/s   of copying   x replaceAll loop')
  for (const [input, plain] of Object.entries(inputs)) {
    for (const count of COUNTS) {
      const row = measure(input, plain, secretsOf(count))
      console.log(
        input.padEnd(7),
        String(count).padStart(7),
        row.speed.toFixed(0).padStart(9),
        `${((100 * row.speed) / row.copy).toFixed(1)} %`.padStart(12),
        (row.speed / row.loop).toFixed(1).padStart(19),
      )
    }
  }
}

function printSmall(): void {
  const objects: Json = Array.from({ length: 60 }, (_, i) => ({
    id: i,
    name: `repository ${i}`,
    full_name: `acme/repository-${i}`,
    html_url: `https://github.com/acme/repository-${i}`,
    private: i % 2 === 0,
    sha: createHash('sha1').update(String(i)).digest('hex'),
  }))
  const text = JSON.stringify(objects)
  console.log(`\none message of ${(text.length / 1_000).toFixed(1)} kB, in microseconds`)
  console.log('secrets    text()    json()   JSON.parse + stringify')
  for (const count of COUNTS) {
    const redactor = createRedactor()
    for (const secret of secretsOf(count)) redactor.register(secret)
    const repeat = (work: () => unknown) => () => {
      for (let i = 0; i < 100; i++) work()
    }
    const [whole = 0, walk = 0, codec = 0] = interleaved(
      [
        repeat(() => redactor.session().text(text)),
        repeat(() => redactor.session().json(objects)),
        repeat(() => JSON.stringify(JSON.parse(text))),
      ],
      60,
    )
    const us = (ms: number) => (ms * 10).toFixed(1)
    console.log(
      String(count).padStart(7),
      us(whole).padStart(9),
      us(walk).padStart(9),
      us(codec).padStart(24),
    )
  }
}

function printTables(): void {
  console.log('\ntables, in ms')
  console.log('secrets  register all  build  build of a stream  100 kB of near misses')
  for (const count of COUNTS) {
    const secrets = secretsOf(count)
    const redactor = createRedactor()
    const register = timed(() => {
      for (const secret of secrets) redactor.register(secret)
    })
    const build = timed(() => redactor.session().text('x'.repeat(100)))
    const stream = timed(() => redactor.session().stream().push('x'.repeat(100)))
    const nearly = secrets.map((secret) => secret.reveal().slice(0, -1)).join('')
    const hostile = nearly.repeat(Math.ceil(100_000 / nearly.length)).slice(0, 100_000)
    const near = timed(() => redactor.session().text(hostile))
    console.log(
      String(count).padStart(7),
      register.toFixed(1).padStart(13),
      build.toFixed(1).padStart(6),
      stream.toFixed(1).padStart(18),
      near.toFixed(1).padStart(22),
    )
  }
}

printThroughput()
printSmall()
printTables()
