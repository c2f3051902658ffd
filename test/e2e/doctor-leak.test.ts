import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const keyhand = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['src/main.ts', ...args], { cwd: root })

it('doctor --leak finds that nothing of a canary gets through, in any way', async () => {
  const { stdout } = await keyhand('doctor', '--leak', '--json')
  const report = JSON.parse(stdout) as {
    leaks: number
    failed: number
    cases: { result: string }[]
  }
  expect(report).toMatchObject({ leaks: 0, failed: 0 })
  expect(report.cases.length).toBeGreaterThanOrEqual(140)
  expect(new Set(report.cases.map(({ result }) => result))).not.toContain('LEAK')
})

it('doctor --leak reads as it is published', async () => {
  const { stdout } = await keyhand('doctor', '--leak')
  await expect(stdout).toMatchFileSnapshot('../golden/cli/doctor-leak.txt')
})
