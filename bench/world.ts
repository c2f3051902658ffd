import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { bundle } from '../scripts/bundle.ts'
import type { Command } from './mcp-process.ts'

const ROOT = resolve(import.meta.dirname, '..')
/** Files that were just written are read anew at each call; those of a home in use were not. */
export const SETTLED_MS = 2_600
/** What the upstream wants as a bearer token. */
export const KEY = 'bench_Vq3xT0pLmZ8rYw5KcN1sHd7J'

/** A server to be measured: how it is started, and what its tool is called. */
export interface Contender {
  readonly name: string
  readonly tool: string
  readonly command: Command
  /** Where Node keeps its compiled code. */
  readonly compileCache: string
}

/** What all measurements of a run share. */
export interface World {
  readonly keyhand: Contender
  /** An SDK server with one unprotected tool, bundled and started the same way. */
  readonly bare: Contender
  /** The same tool, which also makes a record durable before and after its fetch. */
  readonly recording: Contender
  /** Where the upstream is. */
  readonly origin: string
  /** What is made for a measurement goes here. */
  readonly folder: string
  close(): Promise<void>
}

/** Makes a home with one encrypted secret, an API that wants it, and the baseline; all in a folder that is removed at the end. */
export async function makeWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhand-bench-'))
  const upstream = await startUpstream()
  await buildBare(join(folder, 'bare'))
  makeHome(folder, upstream.origin)
  await setTimeout(SETTLED_MS)
  const bareEnv = { BENCH_UPSTREAM: upstream.origin, BENCH_KEY: KEY }
  return {
    folder,
    origin: upstream.origin,
    keyhand: {
      name: 'keyhand',
      tool: 'api',
      command: {
        args: [join(ROOT, 'bin/keyhand.js'), 'serve', '--agent', 'bench'],
        env: homeEnv(folder),
      },
      compileCache: join(folder, 'state', 'compile-cache'),
    },
    bare: bareContender('bare', folder, bareEnv),
    recording: bareContender('recording', folder, {
      ...bareEnv,
      BENCH_RECORDS: join(folder, 'records.jsonl'),
    }),
    async close() {
      await upstream.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function bareContender(name: string, folder: string, env: Record<string, string>): Contender {
  const state = join(folder, `state-${name}`)
  return {
    name,
    tool: 'fetch',
    command: {
      args: [join(folder, 'bare', 'bin', 'keyhand.js')],
      env: { ...env, KEYHAND_STATE: state },
    },
    compileCache: join(state, 'compile-cache'),
  }
}

/** Behind the same start script as keyhand, and so with the same compile cache. */
async function buildBare(folder: string): Promise<void> {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true })
  await bundle({ root: ROOT, entry: 'bench/bare-server.ts', outdir: join(folder, 'dist') })
}

function homeEnv(folder: string): Record<string, string> {
  return { KEYHAND_HOME: join(folder, 'home'), KEYHAND_STATE: join(folder, 'state') }
}

function makeHome(folder: string, origin: string): void {
  const home = join(folder, 'home')
  keyhand(folder, ['init', '--file', '--agent', 'bench'])
  writeFileSync(
    join(home, 'keyhand.yaml'),
    [
      'version: 1',
      'secrets:',
      '  api_key: { provider: file }',
      'tools:',
      '  api:',
      '    type: http',
      '    description: A local API',
      `    base_url: ${origin}`,
      '    auth: { type: bearer, token: api_key }',
      '',
    ].join('\n'),
  )
  writeFileSync(
    join(home, 'agents', 'bench.yaml'),
    [
      'agent: bench',
      'tools:',
      '  api:',
      '    allow:',
      '      - { methods: [GET], paths: [/now/**, /later/**] }',
      '      - { methods: [GET], paths: [/user, /repos/*/*/issues] }',
      '      - { methods: [POST], paths: [/repos/acme/site/issues] }',
      '    deny:',
      '      - { paths: [/admin/**] }',
      '      - { methods: [DELETE] }',
      '',
    ].join('\n'),
  )
  keyhand(folder, ['secret', 'set', 'api_key'], KEY)
}

function keyhand(folder: string, args: readonly string[], input = ''): void {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin/keyhand.js'), ...args], {
    env: homeEnv(folder),
    input,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`keyhand ${args.join(' ')}: ${stderr}`)
}

/** A process of its own, so that its work is not that of the one that measures. */
async function startUpstream(): Promise<{ readonly origin: string; end(): Promise<void> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'upstream.ts')], {
    env: { BENCH_KEY: KEY },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const port: unknown[] = await once(child.stdout, 'data')
  return {
    origin: `http://127.0.0.1:${String(port[0]).trim()}`,
    async end() {
      child.stdin.end()
      await ended
    },
  }
}
