import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { SampleSecret } from '../corpus/redaction/secret-kinds.ts'
import { type ClientEra, connect, type McpClient } from '../support/mcp-clients.ts'

const command = fileURLToPath(new URL('../../bin/keyhand.js', import.meta.url))
const AGENT = 'corpus'

/** The built `keyhand serve` with a real client, and a home in which one tool reaches an upstream. */
export interface BuiltServer {
  readonly client: McpClient
  /** Clears the agent, as an admin would. */
  unblock(): Promise<void>
  /** What a command of the built command line prints. */
  run(...args: string[]): Promise<string>
  /** The trail's lines so far. */
  trail(): string[]
  close(): Promise<void>
}

/**
 * Starts it. Every secret is in the environment, has a tool of its own that nobody calls, and so is watched; `api` is the tool
 * that the first of them is used with. `extra` tools are called by the tests that need them.
 */
export async function builtServer(
  secrets: readonly SampleSecret[],
  origin: string,
  options: { readonly era?: ClientEra; readonly description?: string } = {},
): Promise<BuiltServer> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-leak-')))
  const home = join(folder, 'home')
  const state = join(folder, 'state')
  mkdirSync(join(home, 'agents'), { recursive: true, mode: 0o700 })
  writeFileSync(
    join(home, 'keyhand.yaml'),
    catalog(secrets, origin, options.description ?? 'an echo'),
    { mode: 0o600 },
  )
  writeFileSync(join(home, 'agents', `${AGENT}.yaml`), scope(secrets), { mode: 0o600 })
  const values = Object.fromEntries(secrets.map(({ name, value }) => [variableOf(name), value]))
  const env = { ...values, KEYHAND_HOME: home, KEYHAND_STATE: state }
  const client = await connect({
    era: options.era ?? 'modern',
    command: process.execPath,
    args: [command, 'serve', '--agent', AGENT],
    env,
  })
  const run = async (...args: string[]) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [command, ...args], {
      env: { ...process.env, ...env },
      maxBuffer: 256_000_000,
    })
    return `${stdout}${stderr}`
  }
  return {
    client,
    run,
    unblock: async () => void (await run('agent', 'unblock', AGENT)),
    trail() {
      const audit = join(state, 'audit')
      return readdirSync(audit).flatMap((file) =>
        readFileSync(join(audit, file), 'utf8').trimEnd().split('\n'),
      )
    },
    async close() {
      await client.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function catalog(secrets: readonly SampleSecret[], origin: string, description: string): string {
  const first = secrets[0]?.name ?? ''
  const tool = (name: string, secret: string) =>
    `  ${name}:\n    type: http\n    base_url: ${origin}\n    max_response: 16MiB\n    description: ${JSON.stringify(description)}\n    auth: { type: bearer, token: ${secret} }\n`
  return [
    'version: 1\nsecrets:\n',
    ...secrets.map(({ name }) => `  ${name}: { provider: env, variable: ${variableOf(name)} }\n`),
    'tools:\n',
    tool('api', first),
    ...secrets.map(({ name }) => tool(`watch_${name}`, name)),
  ].join('')
}

function scope(secrets: readonly SampleSecret[]): string {
  const allow = '    allow: [{ methods: [GET], paths: [/**] }]\n'
  const tools = ['api', ...secrets.map(({ name }) => `watch_${name}`)]
  return `agent: ${AGENT}\ntools:\n${tools.map((name) => `  ${name}:\n${allow}`).join('')}`
}

function variableOf(name: string): string {
  return `LEAK_${name.toUpperCase()}`
}
