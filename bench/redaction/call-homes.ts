import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundle } from '../../scripts/bundle.ts'
import type { Command } from '../mcp-process.ts'
import { KEY, type World } from '../world.ts'
import { secretsOf } from './inputs.ts'

const ROOT = resolve(import.meta.dirname, '../..')

const REDACTOR = 'src/redaction/redactor.ts'
const REGISTRY = 'src/redaction/registry.ts'

/** As many tools in each home, each with a secret of its own, so that homes differ in what redaction knows and in nothing else. */
export const SECRETS = 100

/** Bundles the command with a redactor that looks at nothing; the folder that it is in. */
export async function bundleWithout({ folder }: World): Promise<string> {
  const program = join(folder, 'without-redaction')
  mkdirSync(program)
  writeFileSync(join(program, 'package.json'), '{ "type": "module" }\n')
  cpSync(join(ROOT, 'bin'), join(program, 'bin'), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'), 'junction')
  const { inputs } = await bundle({
    root: ROOT,
    entry: 'src/main.ts',
    outdir: join(program, 'dist'),
    instead: { [REDACTOR]: 'bench/redaction/no-redactor.ts' },
  })
  if (inputs[REDACTOR] === undefined || inputs[REGISTRY] !== undefined) {
    throw new Error('redaction is made elsewhere by now, and this bundle has it')
  }
  return program
}

/** A server with a home of its own, whose redaction gets to know so many values before the first answer. */
export function homeWith(
  { folder, origin }: World,
  registered: number,
  program: string = ROOT,
): Command {
  const root = join(folder, `home-${registered}-${program === ROOT ? 'built' : 'without'}`)
  const home = join(root, 'home')
  mkdirSync(join(home, 'agents'), { recursive: true, mode: 0o700 })
  const write = (file: string, text: string) =>
    writeFileSync(join(home, file), text, { mode: 0o600 })
  const lines = (line: (i: number) => string) =>
    Array.from({ length: SECRETS }, (_, i) => `  ${line(i)}\n`).join('')
  const secret = (i: number) =>
    `secret_${i}: { provider: env, variable: SECRET_${i}, redact: ${i < registered ? 'full' : 'off'} }`
  const tool = (i: number) =>
    `tool_${i}: { type: http, base_url: "${origin}", auth: { type: bearer, token: secret_${i} } }`
  write('keyhand.yaml', `version: 1\nsecrets:\n${lines(secret)}tools:\n${lines(tool)}`)
  const rule = '{ allow: [{ methods: [GET], paths: [/now/**, /later/**] }] }'
  write('agents/bench.yaml', `agent: bench\ntools:\n${lines((i) => `tool_${i}: ${rule}`)}`)
  const values: Record<string, string> = {}
  for (const [i, one] of secretsOf(SECRETS).entries()) values[`SECRET_${i}`] = one.reveal()
  return {
    args: [join(program, 'bin/keyhand.js'), 'serve', '--agent', 'bench'],
    env: {
      ...values,
      SECRET_0: KEY,
      KEYHAND_HOME: home,
      KEYHAND_STATE: join(root, 'state'),
    },
  }
}
