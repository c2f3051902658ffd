import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { AuditRecord } from '../../src/audit/audit-event.ts'
import { type ClientEra, connect, type McpClient } from './mcp-clients.ts'
import { initialize, type RawMcp, startRaw } from './raw-mcp.ts'

/** The command as users start it. */
export const BIN = resolve(import.meta.dirname, '../../bin/keyhand.js')

/** A throw-away home and state with the built command in it. */
export interface E2eHome {
  readonly home: string
  readonly state: string
  /** What the processes of this home are given, besides what clients hand on by themselves. */
  readonly env: Readonly<Record<string, string>>
  /** Puts a file there in one step, as an editor does. */
  write(file: string, text: string): void
  /** A real client with a server of its own; `argv` is what `serve` is given besides the agent. */
  connect(
    agent: string,
    era: ClientEra,
    env?: Readonly<Record<string, string>>,
    argv?: readonly string[],
  ): Promise<McpClient>
  /** A server that is driven by hand, after the handshake of 2025. */
  raw(agent: string, env?: Readonly<Record<string, string>>): Promise<RawMcp>
  /** Runs one command to its end. */
  keyhand(argv: readonly string[], stdin?: string): Promise<CommandAnswer>
  /** All records of the trail, whole lines only, file by file. */
  records(): readonly AuditRecord[]
  /** `keyhand audit verify`: its exit code and what it reports. */
  verify(): Promise<{ readonly code: number | null; readonly problems: readonly TrailFault[] }>
  remove(): void
}

export interface CommandAnswer {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface TrailFault {
  readonly severity: string
  readonly kind: string
  readonly message: string
}

/** Makes one. `files` are paths below the home with their texts. */
export function e2eHome(options: {
  readonly files: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}): E2eHome {
  if (!existsSync(resolve(BIN, '../../dist/main.js')))
    throw new Error(
      'these tests drive the built command, and dist/ is not there: run `npm run build`',
    )
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-e2e-')))
  const home = join(root, 'home')
  const state = join(root, 'state')
  mkdirSync(home, { mode: 0o700 })
  const env = {
    KEYHAND_HOME: home,
    KEYHAND_STATE: state,
    // No test may reach the keychain of whoever runs it.
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/keyhand-test',
    ...options.env,
  }

  function write(file: string, text: string): void {
    const path = join(home, file)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.new`, text, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  for (const [file, text] of Object.entries(options.files)) write(file, text)

  const keyhand: E2eHome['keyhand'] = (argv, stdin = '') =>
    finished(process.execPath, [BIN, ...argv], { ...process.env, ...env }, stdin)

  return {
    home,
    state,
    env,
    write,
    keyhand,
    connect: (agent, era, more = {}, argv = []) =>
      connect({
        era,
        command: process.execPath,
        args: [BIN, 'serve', '--agent', agent, ...argv],
        env: { ...env, ...more },
      }),
    async raw(agent, more = {}) {
      const raw = startRaw(process.execPath, [BIN, 'serve', '--agent', agent], { ...env, ...more })
      raw.send(initialize(0))
      await raw.response(0)
      return raw
    },
    records() {
      const folder = join(state, 'audit')
      if (!existsSync(folder)) return []
      return readdirSync(folder)
        .sort()
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
        .map((line) => JSON.parse(line) as AuditRecord)
    },
    async verify() {
      const { code, out, err } = await keyhand(['audit', 'verify', '--json'])
      if (out === '') throw new Error(`\`keyhand audit verify\` said nothing but: ${err}`)
      const { problems } = JSON.parse(out) as { problems: TrailFault[] }
      return { code, problems }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** A request to call a tool, for a server that is driven by hand. */
export function toolCall(id: number, name: string, input: object) {
  return { id, method: 'tools/call', params: { name, arguments: input } }
}

/** The bytes of every file below a folder, as text of one byte each. */
export function bytesBelow(folder: string): string {
  if (!existsSync(folder)) return ''
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

async function finished(
  command: string,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stdin: string,
): Promise<CommandAnswer> {
  const child = spawn(command, argv, { env: { ...env } })
  const answer = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    answer.out += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    answer.err += String(chunk)
  })
  child.stdin.end(stdin)
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, ...answer }
}
