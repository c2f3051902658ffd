import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { quantile } from '../../bench/figures.ts'
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
      ? ['start', 'memory', 'calls', 'concurrency', 'fetching', 'providers']
      : ['start', 'calls', 'concurrency', 'fetching', 'providers'],
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
}, 120_000)

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
