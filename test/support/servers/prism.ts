import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

/** Prism between a client and a server: what either says against the description becomes an error answer. */
export interface Prism {
  readonly url: string
  /** What was against the description so far, in Prism's words. */
  violations(): readonly string[]
  stop(): Promise<void>
}

/** Starts Prism's validating proxy on a free port of loopback, and waits until it listens. */
export async function startPrism(description: string, upstream: string): Promise<Prism> {
  const port = await freePort()
  const address = ['-h', '127.0.0.1', '-p', String(port)]
  const child = spawn(
    process.execPath,
    [prismProgram(), 'proxy', ...address, '--errors', description, upstream],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } },
  )
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let log = ''
  const listening = new Promise<void>((resolve) => {
    const read = (chunk: unknown) => {
      log += String(chunk)
      if (log.includes('Prism is listening')) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
  })
  await Promise.race([
    listening,
    exited.then(() => {
      throw new Error(`Prism did not start: ${log}`)
    }),
  ])
  return {
    url: `http://127.0.0.1:${port}`,
    violations: () =>
      log.split('\n').filter((line) => line.includes('Request terminated with error')),
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function prismProgram(): string {
  const manifest = fileURLToPath(import.meta.resolve('@stoplight/prism-cli/package.json'))
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { prism: string } }
  return join(dirname(manifest), bin.prism)
}
