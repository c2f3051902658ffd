/**
 * A process that is killed: makes records as fast as it can, some of them side by side, and says on stdout which calls it was
 * told are durable. Usage: `node crash-writer.ts STATE NAME`.
 */
import { writeSync } from 'node:fs'
import { createFileTrail } from '../../../src/audit/file-sink/file-trail.ts'
import { openState } from '../../../src/state/state.ts'

const [folder = '', name = ''] = process.argv.slice(2)
const now = (): number => Date.now()
const state = openState({ folder, now })
const trail = createFileTrail({
  state: folder,
  heads: state.heads,
  now,
  osUser: 'ada',
  pid: process.pid,
  maskKey: () => state.maskKey(),
})

async function calls(worker: number): Promise<void> {
  for (let number = 0; ; number += 1) {
    const call = `${name}-${worker}-${number}`
    await trail.append({ kind: 'intent', call, path: `/${'x'.repeat(200 + (number % 50) * 100)}` })
    // Synchronous: what was acknowledged must be out before the kill.
    writeSync(1, `${call}\n`)
    await trail.append({ kind: 'outcome', call, status: 200 })
  }
}

await Promise.all([1, 2, 3, 4, 5].map(calls))
