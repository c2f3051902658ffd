import {
  everyNth,
  type LeakCase,
  OTHER_SECRET,
  wholeValueCases,
} from '../corpus/redaction/cases.ts'
import { CHANNELS, CHUNKINGS, type Channel } from '../corpus/redaction/channels.ts'
import type { Outcome } from '../corpus/redaction/in-process.ts'
import { sampleSecrets } from '../corpus/redaction/secret-kinds.ts'
import { Tally } from '../corpus/redaction/tally.ts'
import { LeakDetector } from '../support/leak-detector.ts'
import type { ToolAnswer } from '../support/mcp-clients.ts'
import { type BuiltServer, builtServer } from './built-server.ts'
import { EchoUpstream } from './echo-upstream.ts'

const CONCURRENT = 48

export interface ServerRun {
  readonly byClass: Tally
  readonly byChannel: Tally
  readonly expectedByChance: number
  /** How often the agent was stopped for probing, and cleared. */
  readonly stops: number
  /** What the server wrote to stderr and into its trail. */
  readonly stderr: string
  readonly trail: readonly string[]
  /** What `keyhand audit show` prints of it. */
  readonly shown: string
}

/** One case on its way through one channel, written in one way. */
interface Planned {
  readonly id: string
  readonly one: LeakCase
  readonly channel: Channel
}

/**
 * After so many stops the cases go through another server: each time those that were on their way are refused too, and too many of them
 * in an hour are a limit of their own, which nobody clears.
 */
const STOPS_PER_SERVER = 100

/** Sends every n-th case through the built server, each through one channel and in one chunking, in turn. */
export async function serverRun(every: number): Promise<ServerRun> {
  const secrets = [...sampleSecrets(), OTHER_SECRET]
  const upstream = new EchoUpstream()
  const origin = await upstream.start()
  const run = { byClass: new Tally(), byChannel: new Tally(), expectedByChance: 0, stops: 0 }
  let stderr = ''
  let shown = ''
  const trail: string[] = []
  try {
    const planned = [...plan(everyNth(wholeValueCases(), every), upstream)]
    for (let from = 0; from < planned.length; ) {
      const server = await builtServer(secrets, origin)
      try {
        from = await send(server, planned, from, run)
        stderr += server.client.stderr()
        trail.push(...server.trail())
        shown += await server.run('audit', 'show')
      } finally {
        await server.close()
      }
    }
    return { ...run, stderr, trail, shown }
  } finally {
    await upstream.close()
  }
}

/** Sends cases from one on, until there are no more or the agent was stopped too often, and gives the next one. */
async function send(
  server: BuiltServer,
  planned: readonly Planned[],
  from: number,
  run: { byClass: Tally; byChannel: Tally; expectedByChance: number; stops: number },
): Promise<number> {
  const most = run.stops + STOPS_PER_SERVER
  let at = from
  for (; at < planned.length && run.stops < most; at += CONCURRENT) {
    const batch = planned.slice(at, at + CONCURRENT)
    const answers = await Promise.all(batch.map((item) => call(server, item)))
    for (const [index, item] of batch.entries()) {
      let answer = answers[index]
      while (answer !== undefined && isStopped(answer)) {
        run.stops++
        await server.unblock()
        answer = await call(server, item)
      }
      if (answer === undefined) continue
      if (isRefused(answer)) throw new Error(`a case was not sent at all: ${answer.text}`)
      const detector = new LeakDetector([item.one.secret])
      const outcome = outcomeOf(answer, detector)
      run.expectedByChance += detector.expectedByChance
      const { transformation, secret, position } = item.one
      run.byClass.add(transformation.family, `${transformation.name} (${secret.kind})`, outcome)
      run.byChannel.add(
        item.channel.name,
        `${transformation.name} (${position.name}, ${secret.kind})`,
        outcome,
      )
    }
  }
  return Math.min(at, planned.length)
}

function* plan(cases: Iterable<LeakCase>, upstream: EchoUpstream): Generator<Planned> {
  const chunkings = Object.values(CHUNKINGS)
  let number = 0
  for (const one of cases) {
    const usable = CHANNELS.filter((channel) => channel.carries(one))
    const channel = usable[number % usable.length]
    number++
    if (channel === undefined) continue
    const sizes = chunkings[Math.floor(number / usable.length) % chunkings.length] ?? []
    upstream.plan(one.id, { answer: channel.answer(one), sizes })
    yield { id: one.id, one, channel }
  }
}

function call({ client }: BuiltServer, { id, channel }: Planned): Promise<ToolAnswer> {
  const input = { method: 'GET', path: `/case/${id}`, max_bytes: 1_000_000, ...channel.input }
  return client.callTool('api', input)
}

function isStopped({ isError, text }: ToolAnswer): boolean {
  return isError && text.includes('(probing)')
}

/** A call that was refused shows nothing, and proves nothing. */
function isRefused({ isError, text }: ToolAnswer): boolean {
  return isError && /^refused\b/.test(text)
}

function outcomeOf(answer: ToolAnswer, detector: LeakDetector): Outcome {
  const shown = JSON.stringify(answer.structured ?? {})
  const binary = answer.structured?.['body_base64']
  const leaks = [
    ...detector.inspect(shown),
    ...(sameAs(answer.text, shown) ? [] : detector.inspect(answer.text)),
    ...detector.inspect(JSON.stringify(answer.meta)),
    ...(typeof binary === 'string' ? detector.inspectBytes(Buffer.from(binary, 'base64')) : []),
  ]
  if (leaks.length > 0) return 'leak'
  return answer.structured === null ? 'withheld' : 'clean'
}

function sameAs(text: string, json: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === json
  } catch {
    return false
  }
}
