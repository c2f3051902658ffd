import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { followTrail } from '../../../src/audit/file-sink/follow-trail.ts'
import {
  entrySources,
  LineSplitter,
  listTrail,
  readLines,
} from '../../../src/audit/file-sink/trail-reader.ts'
import { mergeEntries } from '../../../src/audit/merge.ts'
import { collect, linesOf } from '../sample-trail.ts'
import { setUpTrail, temporaryFolder } from './trail-set-up.ts'

const NAME = '20261123T174500000Z-4711-00000001.jsonl'

function write(content: string | Uint8Array): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'audit'), { recursive: true })
  writeFileSync(join(folder, 'audit', NAME), content)
  return folder
}

const linesAt = async (folder: string) => collect(readLines(join(folder, 'audit', NAME)))

test('lines come as they stand, and the last says whether it has its end', async () => {
  expect(await linesAt(write('a\n\nb\r\nc'))).toEqual([
    { text: 'a', complete: true },
    { text: '', complete: true },
    { text: 'b\r', complete: true },
    { text: 'c', complete: false },
  ])
  expect(await linesAt(write(''))).toEqual([])
})

test('lines over the borders of chunks, and characters too, are whole', async () => {
  const lines = ['é'.repeat(40_001), '😀'.repeat(40_000), 'x'.repeat(65_536), 'y']
  const read = await linesAt(write(lines.map((line) => `${line}\n`).join('')))
  expect(read.map(({ text }) => text)).toEqual(lines)
})

test('what is not UTF-8 is no text, and a byte order mark stays', async () => {
  const bytes = Buffer.concat([Buffer.from([0x61, 0xff, 10]), Buffer.from('\ufeffb\n')])
  expect(await linesAt(write(bytes))).toEqual([
    { text: null, complete: true },
    { text: '\ufeffb', complete: true },
  ])
})

test('a line longer than any record is passed over without being kept', () => {
  const splitter = new LineSplitter()
  const chunk = new Uint8Array(1024 * 1024).fill(120)
  for (let size = 0; size < 20; size += 1) expect(splitter.push(chunk)).toEqual([])
  expect(splitter.push(Buffer.from('\nb\n'))).toEqual([
    { text: null, complete: true },
    { text: 'b', complete: true },
  ])
  expect(splitter.end()).toEqual([])
})

test('where there is no trail yet there are no files; what is no trail file is passed over', async () => {
  expect(await listTrail(temporaryFolder())).toEqual([])
  const folder = write('')
  writeFileSync(join(folder, 'audit', 'notes.txt'), 'x')
  expect((await listTrail(folder)).map(({ name }) => name)).toEqual([NAME])
})

test('the files of several processes are told as one story', async () => {
  const { folder, trail } = setUpTrail()
  const other = setUpTrail(folder)
  for (const [call, by] of [
    ['1', trail],
    ['2', other.trail],
    ['3', trail],
  ] as const) {
    await by.append({ kind: 'refused', call })
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  const entries = await collect(
    mergeEntries(entrySources(await listTrail(folder), { kind: 'refused' })),
  )
  expect(entries.map(({ call }) => call)).toEqual(['1', '2', '3'])
})

test('following shows what is written from now on, in old files and new ones, only whole lines', async () => {
  const [open = '', first = '', second = ''] = linesOf([
    { kind: 'open' },
    { kind: 'refused', call: 'first' },
    { kind: 'refused', call: 'second' },
  ])
  const folder = write(`${open}\n`)
  const path = join(folder, 'audit', NAME)
  const stop = new AbortController()
  const following = followTrail({ state: folder, signal: stop.signal, everyMs: 5 })
  const next = following.next()
  await new Promise((resolve) => setTimeout(resolve, 30))
  appendFileSync(path, first.slice(0, 50))
  await new Promise((resolve) => setTimeout(resolve, 20))
  appendFileSync(path, `${first.slice(50)}\n`)
  expect((await next).value).toMatchObject({ file: NAME, record: { call: 'first' } })
  appendFileSync(path, `not a record\n${second}\n`)
  expect((await following.next()).value).toMatchObject({ record: { call: 'second' } })
  const later = '20261123T180000000Z-4712-00000002.jsonl'
  writeFileSync(join(folder, 'audit', later), `${open}\n`)
  expect((await following.next()).value).toMatchObject({ file: later, record: { kind: 'open' } })
  const last = following.next()
  stop.abort()
  expect(await last).toEqual({ value: undefined, done: true })
})

test('following a trail that does not exist yet waits for it', async () => {
  const folder = temporaryFolder()
  const stop = new AbortController()
  const following = followTrail({ state: folder, signal: stop.signal, everyMs: 5 })
  const next = following.next()
  await setUpTrail(folder).trail.append({ kind: 'admin' })
  expect((await next).value).toMatchObject({ record: { kind: 'open' } })
  stop.abort()
})
