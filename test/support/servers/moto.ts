import { spawn } from 'node:child_process'
import { freePort } from './free-port.ts'
import { motoServer } from './require-server.ts'

export interface StartedServer {
  readonly url: string
  stop(): Promise<void>
}

/** Starts moto on a free port of loopback, and waits until it answers. */
export async function startMoto(): Promise<StartedServer> {
  const port = await freePort()
  const child = spawn(motoServer, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] },
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
  }
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) break
    try {
      if ((await fetch(`${url}/moto-api/`)).ok) return { url, stop }
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await stop()
  throw new Error('moto did not start')
}
