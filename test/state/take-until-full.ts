/** A process that takes from one limit as often as it is told. Usage: `node take-until-full.ts STATE TIMES COUNT`; prints how often it could. */
import { openState } from '../../src/state/state.ts'

const [folder = '', times = '', count = ''] = process.argv.slice(2)
const state = openState({ folder, now: () => 0 })
let taken = 0
for (let attempt = 0; attempt < Number(times); attempt += 1) {
  const uses = [
    { key: 'a', limit: { count: Number(count), window: 'hour' } },
    { key: 'a/rule', limit: { count: 1_000_000, window: 'day' } },
  ] as const
  if ((await state.counters.take(uses, Date.now())) === null) taken += 1
}
state.close()
process.stdout.write(`${taken}\n`)
