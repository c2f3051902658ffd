import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from './certificate.ts'
import { freePort } from './free-port.ts'
import { kubeApiserver } from './require-server.ts'

export interface StartedKubernetes {
  readonly url: string
  /** PEM of its authority. */
  readonly ca: string
  /** Of an administrator. */
  readonly token: string
  /** Of the user `limited`, who may do nothing until a Role says so. */
  readonly limitedToken: string
  /** Of the user `test`, who may do nothing either. */
  readonly client: Certificate
  /** Asks the API as the administrator, and gives the status. */
  api(method: string, path: string, body?: object): Promise<number>
  /** Makes a service account in the namespace `default`, and gives a token of it, as the kubelet puts it into a pod. */
  serviceAccount(name: string): Promise<string>
  stop(): Promise<void>
}

/** Starts etcd and a real kube-apiserver on free ports of loopback, with RBAC. */
export async function startKubernetes(): Promise<StartedKubernetes> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-kube-')))
  const [etcd, peer, port] = [await freePort(), await freePort(), await freePort()]
  const client = makeCertificate('DNS:client')
  const [key, tokens, clientCa] = ['sa.key', 'tokens.csv', 'client.crt'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' })
  const [token, limitedToken] = ['the-admin-token', 'the-limited-token']
  writeFileSync(tokens, `${token},admin,admin,"system:masters"\n${limitedToken},limited,limited\n`)
  writeFileSync(clientCa, client.cert)
  const etcdUrl = `http://127.0.0.1:${etcd}`
  const peerUrl = `http://127.0.0.1:${peer}`
  const children = [
    start('etcd', [
      ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `default=${peerUrl}`],
    ]),
    start(kubeApiserver, [
      `--etcd-servers=${etcdUrl}`,
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      `--cert-dir=${join(folder, 'certs')}`,
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--token-auth-file=${tokens}`,
      `--client-ca-file=${clientCa}`,
      '--authorization-mode=RBAC',
      '--disable-admission-plugins=ServiceAccount',
      '--service-cluster-ip-range=10.0.0.0/24',
    ]),
  ]
  const url = `https://127.0.0.1:${port}`
  let ca = ''

  const ask = (method: string, path: string, body?: object) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const message = request(`${url}${path}`, { method, headers, ca }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += String(chunk)
        })
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      message.once('error', reject)
      message.end(body === undefined ? undefined : JSON.stringify(body))
    })
  const api = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).status
  const serviceAccount = async (name: string) => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts'
    await ask('POST', accounts, { metadata: { name } })
    const { text } = await ask('POST', `${accounts}/${name}/token`, { spec: {} })
    return (JSON.parse(text) as { status: { token: string } }).status.token
  }

  const stop = async () => {
    await Promise.all(children.map(({ end }) => end()))
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 600 && children.every(({ runs }) => runs()); attempt += 1) {
    try {
      ca = readFileSync(join(folder, 'certs/apiserver.crt'), 'utf8')
      const ready = (await api('GET', '/readyz')) === 200
      if (ready && (await api('GET', '/api/v1/namespaces/default')) === 200) {
        return { url, ca, token, limitedToken, client, api, serviceAccount, stop }
      }
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await stop()
  throw new Error('kube-apiserver did not start')
}

function start(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: 'ignore' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    runs: () => child.exitCode === null && child.signalCode === null,
    async end() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
