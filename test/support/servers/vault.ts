import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { vaultServer } from './require-server.ts'

export interface StartedVault {
  readonly url: string
  /** Of the root token. */
  readonly token: string
  /** Asks the API as root; throws with Vault's errors where it says no. `null` for 204 and 404. */
  api(method: string, path: string, body?: object, token?: string): Promise<VaultData>
  stop(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: whatever Vault answers; tests look at what they need
export type VaultData = any

/** Starts HashiCorp Vault in dev mode (unsealed, in memory, KV v2 at `secret/`) on a free port of loopback. */
export async function startVault(): Promise<StartedVault> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'keyhand-vault-'))
  const token = 'the-root-token'
  const dev = ['-dev', `-dev-root-token-id=${token}`, '-dev-no-store-token']
  const child = spawn(vaultServer, ['server', ...dev, `-dev-listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 300 && child.exitCode === null; attempt += 1) {
    try {
      if ((await fetch(`${url}/v1/sys/health`)).ok) return { url, token, api, stop }
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await stop()
  throw new Error('Vault did not start')

  async function api(method: string, path: string, body?: object, as = token): Promise<VaultData> {
    const answer = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': as },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (answer.status === 404) return null
    if (!answer.ok) throw new Error(`Vault answered ${answer.status} to ${path}: ${text}`)
    return text === '' ? null : (JSON.parse(text) as VaultData)
  }
}
