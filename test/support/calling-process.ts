/**
 * A process of keyhand as an agent has it, without MCP: `node calling-process.ts HOME STATE CALLS`. It makes so many calls, four
 * at a time, writes a line for each, and then waits for the end of its stdin before it closes.
 */
import { composeAgent } from '../../src/compose.ts'

const [home = '', state = '', calls = '1'] = process.argv.slice(2)
const parts = composeAgent({ places: { home, state }, agent: 'tester', env: process.env })
let next = 0

async function callOnAndOn(): Promise<void> {
  while (next < Number(calls)) {
    next += 1
    const answer = await parts.broker.call({
      tool: 'orders',
      input: { method: 'GET', path: '/orders' },
      client: null,
      era: '2026-07-28',
      signal: new AbortController().signal,
      progress: () => {},
    })
    const what =
      answer.kind === 'performed'
        ? `status ${answer.result.status}`
        : `${answer.kind} ${JSON.stringify(answer)}`
    process.stdout.write(`${what}\n`)
  }
}

await Promise.all(Array.from({ length: 4 }, () => callOnAndOn()))
process.stdout.write('all done\n')
process.stdin.on('data', () => {})
process.stdin.once('end', () => void parts.close().then(() => process.stdout.write('closed\n')))
