import { writeFileSync, writeSync } from 'node:fs'
import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * The run's last line is `N passed, N failed`, with `, N skipped` where some did not run.
 *
 * A test file that cannot be loaded and an error outside of any test count as one failure each. Where KEYHAND_TEST_SUMMARY
 * names a file, the line is written there too.
 */
export class LastLineReporter implements Reporter {
  #line = '0 passed, 1 failed'

  onInit(): void {
    process.once('exit', () => {
      // Synchronous and at exit: whatever other reporters still had to say has been said.
      writeSync(process.stdout.fd, `\n${this.#line}\n`)
      const file = process.env['KEYHAND_TEST_SUMMARY']
      if (file !== undefined) writeFileSync(file, `${this.#line}\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#line = summary(modules, unhandledErrors.length)
  }
}

function summary(modules: readonly TestModule[], unhandledErrors: number): string {
  const count = { passed: 0, failed: unhandledErrors, skipped: 0, pending: 0 }
  for (const module of modules) {
    for (const test of module.children.allTests()) count[test.result().state] += 1
    count.failed += module.errors().length
    for (const suite of module.children.allSuites()) count.failed += suite.errors().length
  }
  // A test that never finished did not pass. A run without tests proves nothing.
  count.failed += count.pending
  if (count.passed + count.failed === 0) count.failed = 1
  const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`
  return `${count.passed} passed, ${count.failed} failed${skipped}`
}
