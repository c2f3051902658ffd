import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { LastLineReporter } from './test/support/last-line-reporter.ts'

const globalSetup = 'test/support/global-setup.ts'
const everything = 'test/**/*.test.ts'

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', new LastLineReporter()],
    // A golden file is made or changed by `vitest run --update`, read, and committed; never by a test run in passing.
    update: 'none',
    restoreMocks: true,
    unstubEnvs: true,
    ...(existsSync(globalSetup) ? { globalSetup } : {}),
    // Times bound what hangs; a busy machine of two cores needs some. Suites with processes and servers of their own run after the pure ones, not beside them.
    projects: [
      suite('unit', 0, 60_000, [everything], ['test/{servers,e2e,package}/**']),
      suite('servers', 1, 120_000, ['test/servers/**/*.test.ts']),
      suite('e2e', 2, 120_000, ['test/e2e/**/*.test.ts']),
      suite('package', 3, 300_000, ['test/package/**/*.test.ts']),
    ],
  },
})

function suite(
  name: string,
  groupOrder: number,
  timeout: number,
  include: string[],
  exclude: string[] = [],
) {
  const test = { name, include, exclude, testTimeout: timeout, hookTimeout: timeout }
  return { extends: true as const, test: { ...test, sequence: { groupOrder } } }
}
