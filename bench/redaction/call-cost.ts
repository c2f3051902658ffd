import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { interleaved, median, timed } from '../figures.ts'
import { type Command, startInitialized } from '../mcp-process.ts'
import type { Row } from '../table.ts'
import { KEY, SETTLED_MS, type World } from '../world.ts'
import { secretsOf } from './inputs.ts'

/** As many tools in each home, each with a secret of its own, so that homes differ in what redaction knows and in nothing else. */
const SECRETS = 100

/** The share of a call's time that redaction may add to it. */
const TARGET = 1.05

/**
 * A call that is answered with 10 kB of JSON, through the built server: what 1 and 100 registered values add to it. The baseline is
 * the same server whose catalog says `redact: off` of all of them.
 */
export async function callCost(
  world: World,
  { count, warmUps }: { readonly count: number; readonly warmUps: number },
): Promise<Row[]> {
  const commands = {
    none: homeWith(world, 0),
    one: homeWith(world, 1),
    all: homeWith(world, SECRETS),
  }
  await setTimeout(SETTLED_MS)
  const servers = {
    none: await startInitialized(commands.none),
    one: await startInitialized(commands.one),
    all: await startInitialized(commands.all),
  }
  const rows: Row[] = []
  let sent = 0
  for (const [folder, answers] of [
    ['/later', 'after 20 ms'],
    ['/now', 'at once'],
  ] as const) {
    const one = (name: keyof typeof servers) => () => {
      sent += 1
      const path = `${folder}/large/${sent}`
      return timed(() => servers[name].call('tool_0', { method: 'GET', path }))
    }
    const round = { none: one('none'), one: one('one'), all: one('all') }
    await interleaved(warmUps, round)
    const { none, ...known } = await interleaved(count, round)
    for (const [name, secrets] of [
      ['one', 1],
      ['all', SECRETS],
    ] as const) {
      rows.push({
        what: `a call of 10 kB, upstream ${answers}, ${secrets} registered: p50`,
        unit: 'ms',
        keyhand: median(known[name]),
        baseline: median(none),
        target: TARGET,
      })
    }
  }
  for (const server of Object.values(servers)) await server.end()
  return rows
}

/** A home of which redaction gets to know so many values before the first answer. */
function homeWith({ folder, origin }: World, registered: number): Command {
  const root = join(folder, `redaction-${registered}`)
  const home = join(root, 'home')
  mkdirSync(join(home, 'agents'), { recursive: true, mode: 0o700 })
  const numbers = Array.from({ length: SECRETS }, (_, i) => i)
  const lines = (line: (i: number) => string) => numbers.map(line).join('\n')
  const redact = (i: number) => (i < registered ? 'full' : 'off')
  writeFileSync(
    join(home, 'keyhand.yaml'),
    `version: 1
secrets:
${lines((i) => `  secret_${i}: { provider: env, variable: SECRET_${i}, redact: ${redact(i)} }`)}
tools:
${lines((i) => `  tool_${i}: { type: http, base_url: "${origin}", auth: { type: bearer, token: secret_${i} } }`)}
`,
    { mode: 0o600 },
  )
  writeFileSync(
    join(home, 'agents', 'bench.yaml'),
    `agent: bench
tools:
${lines((i) => `  tool_${i}: { allow: [{ methods: [GET], paths: [/now/**, /later/**] }] }`)}
`,
    { mode: 0o600 },
  )
  const values: Record<string, string> = {}
  for (const [i, secret] of secretsOf(SECRETS).entries()) values[`SECRET_${i}`] = secret.reveal()
  return {
    args: [join(import.meta.dirname, '../../bin/keyhand.js'), 'serve', '--agent', 'bench'],
    env: {
      ...values,
      SECRET_0: KEY,
      KEYHAND_HOME: home,
      KEYHAND_STATE: join(root, 'state'),
    },
  }
}
