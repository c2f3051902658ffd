import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerError } from '../../core/errors.ts'

/** A home and a state folder that are gone after the demo. */
export interface DemoHome {
  readonly env: Readonly<Record<string, string>>
  readonly catalog: string
  readonly scope: string
  /** Runs `keyhand …` of this same installation on the throw-away home; answers what it said and its exit code. */
  keyhand(args: readonly string[], stdin?: string): Promise<{ text: string; code: number | null }>
  /** What every file of both folders holds, byte by byte. */
  contents(): Promise<readonly string[]>
  remove(): Promise<void>
}

export const DEMO_AGENT = 'demo-agent'

/** Makes the folders, the catalog and one scope file. */
export async function makeDemoHome(origin: string): Promise<DemoHome> {
  const root = await mkdtemp(join(tmpdir(), 'keyhand-demo-'))
  const home = join(root, 'home')
  const env = { KEYHAND_HOME: home, KEYHAND_STATE: join(root, 'state') }
  const catalog = `version: 1
tools:
  shop:
    type: http
    description: The demo's shop API
    base_url: ${origin}
    auth: { type: bearer, token: shop_key }
secrets:
  shop_key: { provider: file }
`
  const scope = `agent: ${DEMO_AGENT}
tools:
  shop:
    allow:
      - methods: [GET]
        paths: [/orders, /debug]
`
  await mkdir(join(home, 'agents'), { recursive: true, mode: 0o700 })
  await writeFile(join(home, 'keyhand.yaml'), catalog, { mode: 0o600 })
  await writeFile(join(home, 'agents', `${DEMO_AGENT}.yaml`), scope, { mode: 0o600 })
  return {
    env,
    catalog,
    scope,
    keyhand: (args, stdin = '') => runKeyhand(args, stdin, env),
    contents: () => contentsOf(root),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** How this same keyhand is started again. */
export function ownCommand(): { readonly command: string; readonly script: string } {
  const script = process.argv[1]
  if (script === undefined)
    throw new BrokerError('internal', 'keyhand does not know how it was started')
  return { command: process.execPath, script }
}

async function runKeyhand(
  args: readonly string[],
  stdin: string,
  env: Readonly<Record<string, string>>,
): Promise<{ text: string; code: number | null }> {
  const { command, script } = ownCommand()
  const child = spawn(command, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // One after the other: what comes first of two streams is chance.
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk
    })
  }
  child.stdin.end(stdin)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { text: `${said.stdout}${said.stderr}`.trimEnd(), code }
}

async function contentsOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
}
