/**
 * A program: the real server over a fake broker and a fake redactor, to be driven by real clients. FAKE in the environment
 * is JSON: `tools` that are listed, `values` to redact, `fault` for a redaction that throws, `broken` for no broker at all.
 */
import { BrokerError } from '../../src/core/errors.ts'
import { isJsonObject } from '../../src/core/json.ts'
import { serveAgent } from '../../src/server/serve-stdio.ts'
import { FakeBroker } from './fake-broker.ts'
import { fakeRedactor } from './fake-redactor.ts'

const given: unknown = JSON.parse(process.env['FAKE'] ?? '{}')
const options = isJsonObject(given) ? given : {}
const broken = textIn('broken')
const values = textsIn('values')
const redactor = values === null ? null : fakeRedactor(values, textIn('fault'))
let notify = () => {}
let broker: FakeBroker | null = null

await serveAgent({
  agent: 'fake',
  version: '1.0.0',
  stdin: process.stdin,
  stdout: process.stdout,
  async broker() {
    report('broker made')
    if (broken !== null) throw new BrokerError('state_unavailable', broken)
    broker = new FakeBroker(textsIn('tools') ?? ['act'], () => notify())
    return broker
  },
  // As in the real one: nothing is registered before the first call.
  redactor: () => (broker !== null && broker.requests.length > 0 ? redactor : null),
  onListChanged(listener) {
    report('watching')
    notify = listener
    return () => report('not watching')
  },
  async close() {
    report('closed')
  },
  report,
})
report('served')

function textIn(name: string): string | null {
  const text = options[name]
  return typeof text === 'string' ? text : null
}

function textsIn(name: string): readonly string[] | null {
  const texts = options[name]
  return Array.isArray(texts) ? texts.filter((text) => typeof text === 'string') : null
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}
