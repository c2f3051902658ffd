import { createHash } from 'node:crypto'
import type { Json } from '../../src/core/json.ts'
import { createRedactor } from '../../src/redaction/redactor.ts'
import { Registry } from '../../src/redaction/registry.ts'
import { median, msOf } from '../figures.ts'
import { alignedText } from '../table.ts'
import { secretsOf } from './inputs.ts'

const ROUNDS = 15
const RUNS = 20

const HEAD = ['secrets', 'search', 'text() again', 'json() again', 'JSON.parse + stringify']

/** One answer of an API, as text and walked as JSON, beside parsing and writing it. */
export function smallMessageText(counts: readonly number[]): string {
  const objects: Json = Array.from({ length: 60 }, (_, i) => ({
    id: i,
    name: `repository ${i}`,
    full_name: `acme/repository-${i}`,
    html_url: `https://github.com/acme/repository-${i}`,
    private: i % 2 === 0,
    sha: createHash('sha1').update(String(i)).digest('hex'),
  }))
  const text = JSON.stringify(objects)
  const rows = counts.map((count) => {
    const redactor = createRedactor()
    const registry = new Registry({ steps: 0 })
    for (const secret of secretsOf(count)) {
      redactor.register(secret)
      registry.register(secret)
    }
    const works = [
      () => registry.layers().find(text),
      () => redactor.session().text(text),
      () => redactor.session().json(objects),
      () => JSON.stringify(JSON.parse(text)),
    ]
    const times = works.map((): number[] => [])
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [i, work] of works.entries()) {
        const ms = msOf(work, RUNS)
        if (round > 0) times[i]?.push(ms)
      }
    }
    return [String(count), ...times.map((one) => (1_000 * median(one)).toFixed(1))]
  })
  const title = `one answer of ${(text.length / 1_000).toFixed(1)} kB, microseconds`
  return `${title}\n${alignedText([HEAD, ...rows], [])}`
}

/** What has to be made before the first search, and a text that nearly holds every value. */
export function tablesText(counts: readonly number[]): string {
  const rows = counts.map((count) => {
    const secrets = secretsOf(count)
    const redactor = createRedactor()
    const register = msOf(() => {
      for (const secret of secrets) redactor.register(secret)
    })
    const build = msOf(() => redactor.session().text('x'.repeat(100)))
    const stream = msOf(() => redactor.session().stream().push('x'.repeat(100)))
    const nearly = secrets.map((secret) => secret.reveal().slice(0, -1)).join('')
    const hostile = nearly.repeat(Math.ceil(100_000 / nearly.length)).slice(0, 100_000)
    const near = msOf(() => redactor.session().text(hostile))
    return [String(count), ...[register, build, stream, near].map((ms) => ms.toFixed(1))]
  })
  const head = ['secrets', 'register all', 'build', 'build of a stream', '100 kB of near misses']
  return `tables, ms\n${alignedText([head, ...rows], [])}`
}
