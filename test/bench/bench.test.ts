import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { exponent, quantile } from '../../bench/figures.ts'
import { exponentsText, throughputText } from '../../bench/redaction/report.ts'
import type { Throughput } from '../../bench/redaction/throughput.ts'
import { tableText } from '../../bench/table.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const bench = (...args: string[]) =>
  run(process.execPath, [join(root, 'bench/main.ts'), ...args], { cwd: root })

test('measures the built command, prints a table for each section, and 200 calls at once share their syncs', async () => {
  const { stdout } = await bench('--tiny')
  const rows = stdout.split('\n').map((line) => line.split(/ {2,}/))
  const figures = new Map(rows.map(([what = '', ...cells]) => [what, cells]))
  const titles = rows.filter((cells) => cells.includes('keyhand')).map(([title]) => title)
  expect(titles).toEqual(
    process.platform === 'linux'
      ? ['start', 'memory', 'calls', 'concurrency', 'fetching', 'providers', 'redaction']
      : ['start', 'calls', 'concurrency', 'fetching', 'providers', 'redaction'],
  )
  for (const [what, target] of [
    ['cold start to the first response', '1.2'],
    ['a call, upstream after 20 ms: p50', '1.15'],
    ['a call, upstream at once, to the bare tool that records: p50', '1.5'],
  ] as const) {
    const [keyhand = '', baseline = '', ratio, reach] = figures.get(what) ?? []
    expect(Number(ratio), what).toBeCloseTo(
      Number.parseFloat(keyhand) / Number.parseFloat(baseline),
      0,
    )
    expect(reach).toBe(target)
  }
  for (const what of ['intents', 'outcomes']) {
    const [, count] = new RegExp(`syncs for their ${what}, at most +(\\d+) `).exec(stdout) ?? []
    expect(Number(count), what).toBeGreaterThan(0)
    expect(Number(count), what).toBeLessThanOrEqual(20)
  }
  for (const input of ['text', 'JSON', 'base64']) {
    const sizes = rows.flatMap(([first, , size]) =>
      first === input && size?.endsWith(' kB') ? [size] : [],
    )
    expect(new Set(sizes), input).toEqual(new Set(['1 kB', '10 kB', '20 kB']))
  }
  expect(stdout).toMatch(
    /^the direct scan, .* of copying at .* to reach: 10 % {2}(reached|MISSED)$/m,
  )
  expect(stdout).toMatch(/^all layers, .* of copying at .* to reach: 4 % {2}(reached|MISSED)$/m)
  expect(figures.get('10 kB, upstream at once, 100 registered, to no redaction: p50')?.[3]).toBe(
    '1.05',
  )
}, 180_000)

test('names the sections where one is asked for that is not there', async () => {
  await expect(bench('--tiny', 'speed')).rejects.toThrow(
    'no section `speed`: start, memory, calls, concurrency, fetching, providers, redaction',
  )
})

test('a figure above its target is missed', () => {
  const row = { what: 'a', unit: 'ms', baseline: 10, target: 1.2 } as const
  expect(tableText('t', [{ ...row, keyhand: 12 }])).toMatch(/1\.20\s+1\.2\s+reached$/)
  expect(tableText('t', [{ ...row, keyhand: 12.1 }])).toMatch(/1\.21\s+1\.2\s+MISSED$/)
})

test('a quantile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect([0, 0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([1, 51, 100, 100])
})

test('an exponent is 1 where time is linear, 2 where it is quadratic, 0 where it does not depend', () => {
  const of = (time: (x: number) => number) =>
    exponent([1, 10, 100, 1_000].map((x) => [x, time(x)] as const))
  expect(of((x) => 3 * x)).toBeCloseTo(1)
  expect(of((x) => x ** 2 / 7)).toBeCloseTo(2)
  expect(of(() => 5)).toBeCloseTo(0)
})

test('an aim of redaction is missed by what is slower than its share of copying, and by what is withheld', () => {
  const row: Throughput = {
    input: 'text',
    secrets: 1_000,
    bytes: 4_000_000,
    scan: 10,
    all: 40,
    copy: 1_000,
    loop: 50,
    rg: { whole: 20, net: 5 },
  }
  const copy = { size: 1, words: 'so much', run: () => 1 }
  const said = (more: Partial<Throughput>) => throughputText([{ ...row, ...more }], copy)
  expect(said({})).toMatch(/direct scan, 1000 secrets, 4\.0 MB of text: 40\.00 % .* reached$/m)
  expect(said({})).toMatch(
    /all layers, .*: 10\.00 % of copying at 1000 MB\/s; to reach: 4 % {2}reached$/m,
  )
  expect(said({ all: 101 })).toMatch(/all layers, .* MISSED$/m)
  expect(said({ all: null })).toMatch(/all layers, .* MISSED$/m)
  expect(said({ rg: null })).toContain('no rg')
})

test('redaction’s exponents leave out the smallest input, whose cost is mostly the same at any size', () => {
  const row = { input: 'text', secrets: 10, copy: 1, loop: 1, rg: null } as const
  const rows = [1_000, 10_000, 100_000].map((bytes) => ({
    ...row,
    bytes,
    scan: bytes === 1_000 ? 1_000 : bytes,
    all: bytes ** 2,
  }))
  expect(exponentsText(rows)).toMatch(/^text +1\.00 +2\.00 +- +-$/m)
})
