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
  /** Asks the API as root; throws with Vault's errors where it says no. A list of nothing is empty. */
  api(method: string, path: string, body?: object): Promise<VaultAnswer>
  stop(): Promise<void>
}

/** What tests look at in an answer; which of it is there is up to the path. */
export interface VaultAnswer {
  readonly data: {
    readonly keys: readonly string[]
    readonly path: string
    readonly role_id: string
    readonly secret_id: string
    readonly [name: string]: unknown
  }
  readonly auth: { readonly client_token: string }
}

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

  async function api(method: string, path: string, body?: object): Promise<VaultAnswer> {
    const answer = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const empty = method === 'LIST' && answer.status === 404
    if (!answer.ok && !empty) throw new Error(`Vault answered ${answer.status} to ${path}: ${text}`)
    const said = empty || text === '' ? '{"data": {"keys": []}}' : text
    return JSON.parse(said) as VaultAnswer
  }
}
