import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createKubernetesProvider } from '../../../src/providers/kubernetes/kubernetes.ts'
import type { KubernetesReference } from '../../../src/providers/kubernetes/reference.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  type ProviderFailure,
  thrownBy,
} from '../../contract/secret-provider.ts'
import { type Certificate, makeCertificate } from '../../support/servers/certificate.ts'
import {
  type FakeRequest,
  type JsonAnswer,
  type JsonFake,
  json,
  startJsonFake,
} from '../../support/servers/json-fake.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-kubernetes-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const running: JsonFake[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()))
})
let server: Certificate
let client: Certificate
beforeAll(() => {
  server = makeCertificate()
  client = makeCertificate('DNS:client')
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const status = (code: number, reason: string): JsonAnswer =>
  json(code, { kind: 'Status', status: 'Failure', code, reason, message: CANARY })
const secretOf = (data: Record<string, string>) =>
  json(200, {
    kind: 'Secret',
    metadata: {
      resourceVersion: '4711',
      creationTimestamp: '2020-01-01T00:00:00Z',
      managedFields: [{ time: '2026-11-01T00:00:00Z' }, { time: '2026-11-02T00:00:00Z' }],
    },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
  })

/** A fake of the API server, over TLS: one Secret for whoever has the token, or a client certificate. */
async function fakeCluster(
  answer: JsonAnswer = secretOf({ password: CANARY, username: 'me' }),
  accepts = (request: FakeRequest, _response: ServerResponse) =>
    request.headers.authorization === 'Bearer good-token',
): Promise<JsonFake> {
  const tls = { ...server, requestCert: true, rejectUnauthorized: false, ca: client.cert }
  const fake = await startJsonFake((request, response) => {
    const found = request.url === '/api/v1/namespaces/prod/secrets/db'
    const what = found ? answer : status(404, 'NotFound')
    const known = accepts(request, response)
    const given = known ? what : status(401, 'Unauthorized')
    given(request, response)
  }, tls)
  running.push(fake)
  return fake
}

let files = 0
function write(text: string, mode = 0o600): string {
  files += 1
  const path = join(folder, `file-${files}`)
  writeFileSync(path, text, { mode })
  return path
}

function kubeconfig(url: string, user: object, cluster: object = {}): string {
  return write(
    JSON.stringify({
      'current-context': 'main',
      contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        {
          name: 'c',
          cluster: { server: url, 'certificate-authority-data': base64(server.cert), ...cluster },
        },
      ],
      users: [{ name: 'u', user }],
    }),
  )
}

const make = (env: Record<string, string> = {}, podFolder = '/nonexistent') =>
  createKubernetesProvider({ env, now: Date.now, podFolder })
const DB = { namespace: 'prod', name: 'db', key: 'password' }
const token = { token: 'good-token' }

function failing(
  code: ProviderFailure<object>['code'],
  message: RegExp,
  answer: JsonAnswer,
): ProviderFailure<KubernetesReference> {
  return {
    code,
    message,
    async setup() {
      const { url } = await fakeCluster(answer, () => true)
      return { provider: make(), reference: { ...DB, kubeconfig: kubeconfig(url, token) } }
    },
  }
}

describeSecretProvider('kubernetes on a fake', {
  store: false,
  async setup() {
    const { url, stop } = await fakeCluster()
    running.pop()
    const path = kubeconfig(url, token)
    return {
      provider: make(),
      present: { ...DB, kubeconfig: path },
      absent: { ...DB, name: 'other', kubeconfig: path },
      writable: null,
      versions: true,
      stop,
    }
  },
  failures: {
    'the login is not known': failing(
      'secret_not_logged_in',
      /does not know this login/,
      status(401, 'Unauthorized'),
    ),
    'the login may not': failing(
      'secret_denied',
      /does not let keyhand read the Secret `prod\/db`/,
      status(403, 'Forbidden'),
    ),
    'there is too much to do': failing(
      'secret_throttled',
      /asked again in 7 s/,
      json(429, { kind: 'Status' }, { 'retry-after': '7' }),
    ),
    'etcd is away': failing('secret_unreachable', /\(500\)/, status(500, 'InternalError')),
    'a proxy answers': failing(
      'secret_unreachable',
      /is not Kubernetes \(404\)/,
      json(404, { error: CANARY }),
    ),
    'a login page answers': failing(
      'secret_unreachable',
      /is not Kubernetes \(302\)/,
      (_request, response) => response.writeHead(302, { location: '/login' }).end(),
    ),
    'the value is no text': failing(
      'secret_invalid',
      /is empty, or no text/,
      json(200, { kind: 'Secret', data: { password: '/w==' } }),
    ),
  },
})

describe('kubernetes on a fake', () => {
  it('gives all keys as fields, with the version and when it was last written', async () => {
    const { url } = await fakeCluster()
    const { key: _key, ...whole } = DB
    const fetched = await make().fetch(
      { ...whole, kubeconfig: kubeconfig(url, token) },
      contextOf(),
    )
    expect([...(fetched?.fields.keys() ?? [])]).toEqual(['password', 'username'])
    expect(fetched?.version).toBe('4711')
    expect(fetched?.createdAt).toBe(Date.parse('2026-11-02T00:00:00Z'))
  })

  it('gives null for a key that the Secret does not have, and for the version before', async () => {
    const { url } = await fakeCluster()
    const reference = { ...DB, key: 'none', kubeconfig: kubeconfig(url, token) }
    await expect(make().fetch(reference, contextOf())).resolves.toBeNull()
    const previous = { ...contextOf(), version: 'previous' as const }
    await expect(make().fetch({ ...reference, ...DB }, previous)).resolves.toBeNull()
  })

  it('logs in with a client certificate', async () => {
    const peer = (_request: FakeRequest, { socket }: ServerResponse) =>
      socket !== null && Reflect.get(socket, 'authorized') === true
    const { url } = await fakeCluster(undefined, peer)
    const user = {
      'client-certificate-data': base64(client.cert),
      'client-key': write(client.key),
    }
    const fetched = await make().fetch({ ...DB, kubeconfig: kubeconfig(url, user) }, contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
  })

  it('logs in with a token of the catalog, and as a pod', async () => {
    const { url } = await fakeCluster()
    const ca = write(server.cert)
    const secret = async (name: string) => new Secret(name, 'good-token\n')
    const reference = { ...DB, address: url, ca, token: 'kube_token' }
    expect(make().needs(reference)).toEqual(['kube_token'])
    const fetched = await make().fetch(reference, { ...contextOf(), secret })
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)

    const podFolder = mkdtempSync(join(folder, 'pod-'))
    writeFileSync(join(podFolder, 'token'), 'good-token\n')
    writeFileSync(join(podFolder, 'ca.crt'), server.cert)
    const own = make({ KUBERNETES_SERVICE_HOST: '127.0.0.1' }, podFolder)
    const asPod = await own.fetch({ ...DB, in_cluster: true, address: url }, contextOf())
    expect(asPod?.fields.get('value')?.reveal()).toBe(CANARY)
  })

  describe('with an exec plugin', () => {
    const plugin = (body: string) => write(`#!/bin/sh\n${body}\n`, 0o755)
    const gives = (status: object) =>
      `printf '%s' '${JSON.stringify({ kind: 'ExecCredential', status })}'`
    const exec = (command: string, more: object = {}) => ({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command, ...more },
    })

    it('asks it once while what it gave lives, in a clean environment', async () => {
      const { url } = await fakeCluster()
      const seen = join(folder, 'seen')
      const program = plugin(
        `echo run >> ${seen}; env > ${seen}.env; echo "$@" > ${seen}.args; ${gives(token)}`,
      )
      const user = exec(program, {
        args: ['get-token', 'x'],
        env: [{ name: 'OWN', value: '1' }],
        provideClusterInfo: true,
      })
      const provider = make({ AWS_PROFILE: 'prod', API_KEY: CANARY })
      const reference = {
        ...DB,
        kubeconfig: kubeconfig(url, user),
        from_environment: ['AWS_PROFILE'],
      }
      for (let i = 0; i < 3; i += 1) {
        const fetched = await provider.fetch(reference, contextOf())
        expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
      }
      const { readFileSync } = await import('node:fs')
      expect(readFileSync(seen, 'utf8')).toBe('run\n')
      expect(readFileSync(`${seen}.args`, 'utf8')).toBe('get-token x\n')
      const env = readFileSync(`${seen}.env`, 'utf8')
      expect(env).toMatch(/^OWN=1$/m)
      expect(env).toMatch(/^AWS_PROFILE=prod$/m)
      expect(env).toMatch(/^KUBERNETES_EXEC_INFO=.*"server":"https:/m)
      expect(env).not.toContain(CANARY)
      expect(env).not.toMatch(/^npm_|^VITEST|^NODE_/m)
    })

    it('asks it again where its time is over, and where its token is no longer taken', async () => {
      const count = join(folder, 'count')
      let last = 'token-1'
      const { url } = await fakeCluster(
        undefined,
        ({ headers }) => headers.authorization === `Bearer ${last}`,
      )
      const program = plugin(
        `echo x >> ${count}; n=$(wc -l < ${count} | tr -d ' '); printf '{"status":{"token":"token-%s","expirationTimestamp":"%s"}}' "$n" "$(cat ${count}.until)"`,
      )
      writeFileSync(`${count}.until`, '2999-01-01T00:00:00Z')
      const provider = make()
      const reference = { ...DB, kubeconfig: kubeconfig(url, exec(program)) }
      await provider.fetch(reference, contextOf())
      last = 'token-2'
      writeFileSync(`${count}.until`, '2020-01-01T00:00:00Z')
      await provider.fetch(reference, contextOf())
      last = 'token-3'
      await provider.fetch(reference, contextOf())
    })

    it('wants a path for a program that has none, and says how to give it', async () => {
      const { url } = await fakeCluster()
      const path = kubeconfig(url, exec('aws'))
      const error = await thrownBy(make().fetch({ ...DB, kubeconfig: path }, contextOf()))
      expect([error.code, error.message, error.fix]).toEqual([
        'secret_invalid',
        'the kubeconfig names `aws` without a path',
        'Say where it is: `exec_program: /path/to/aws` (`which aws`).',
      ])
      const reference = { ...DB, kubeconfig: path, exec_program: plugin(gives(token)) }
      const fetched = await make().fetch(reference, contextOf())
      expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
    })

    it('says that somebody must log in where it fails, and repeats nothing that it wrote', async () => {
      const { url } = await fakeCluster()
      for (const body of [`echo ${CANARY} >&2; exit 3`, `echo '${CANARY}'`]) {
        const path = kubeconfig(url, exec(plugin(body)))
        const error = await thrownBy(make().fetch({ ...DB, kubeconfig: path }, contextOf()))
        expect(error.code).toBe('secret_not_logged_in')
        expect(error.message).toMatch(/of the kubeconfig (ended with 3|gave no credential)$/)
        expect(everyTextOf(error)).not.toContain(CANARY)
      }
    })

    it('ends it, and what it started, where the call is over', async () => {
      const { url } = await fakeCluster()
      const path = kubeconfig(url, exec(plugin('sleep 60 & sleep 60')))
      const signal = AbortSignal.timeout(200)
      const started = Date.now()
      const error = await thrownBy(
        make().fetch({ ...DB, kubeconfig: path }, contextOf('a', signal)),
      )
      expect(error.code).toBe('cancelled')
      expect(Date.now() - started).toBeLessThan(5_000)
    })
  })

  it.each([
    ['insecure-skip-tls-verify', {}, { 'insecure-skip-tls-verify': true }],
    ['proxy-url', {}, { 'proxy-url': 'http://127.0.0.1:1' }],
    ['tls-server-name', {}, { 'tls-server-name': 'other' }],
    ['auth-provider', { 'auth-provider': { name: 'oidc' } }, {}],
    ['as', { as: 'admin' }, {}],
  ])('refuses a kubeconfig that says `%s`', async (what, user, cluster) => {
    const { url, requests } = await fakeCluster()
    const path = kubeconfig(url, { ...token, ...user }, cluster)
    const error = await thrownBy(make().fetch({ ...DB, kubeconfig: path }, contextOf()))
    expect(error.code).toBe('secret_invalid')
    expect(error.message).toContain(`says \`${what}\``)
    expect(requests).toEqual([])
  })

  it('refuses a kubeconfig that others can read, and says what one lacks', async () => {
    const { url } = await fakeCluster()
    const said = async (kubeconfig: string, context?: string) => {
      const reference = { ...DB, kubeconfig, ...(context === undefined ? {} : { context }) }
      const { code, message } = await thrownBy(make().fetch(reference, contextOf()))
      return [code, message.replaceAll(kubeconfig, 'FILE')]
    }
    const good = kubeconfig(url, token)
    expect(await said(write('{}', 0o644))).toEqual([
      'config_unsafe',
      '`FILE` can be read or written by others',
    ])
    expect(await said('/nonexistent/config')).toEqual([
      'secret_not_logged_in',
      'there is no kubeconfig `FILE`',
    ])
    expect(await said(good, 'other')).toEqual(['secret_invalid', '`FILE` has no context `other`'])
    expect(await said(write(`a: [${CANARY}`))).toEqual([
      'secret_invalid',
      '`FILE` is no kubeconfig',
    ])
    expect(await said(kubeconfig(url, {}))).toEqual([
      'secret_not_logged_in',
      'the user in `FILE` has no credential',
    ])
    expect(await said(kubeconfig('http://10.0.0.1:6443', token))).toEqual([
      'secret_invalid',
      '`FILE` names a server without TLS',
    ])
  })

  it('does not trust a certificate of another authority', async () => {
    const { url } = await fakeCluster()
    const other = { 'certificate-authority-data': base64(client.cert) }
    const path = kubeconfig(url, token, other)
    const error = await thrownBy(make().fetch({ ...DB, kubeconfig: path }, contextOf()))
    expect(error.code).toBe('secret_unreachable')
    expect(error.message).toMatch(/certificate of Kubernetes is not trusted/)
  })

  it.each([
    [{ namespace: '../x', name: 'db', in_cluster: true }, 'namespace'],
    [{ namespace: 'prod', name: 'db?watch=1', in_cluster: true }, 'name'],
    [{ namespace: 'prod', name: 'db' }, ''],
    [{ namespace: 'prod', name: 'db', in_cluster: true, kubeconfig: '/a' }, ''],
    [{ namespace: 'prod', name: 'db', token: 't' }, 'address'],
    [{ namespace: 'prod', name: 'db', token: 't', address: 'http://k.example' }, 'address'],
  ])('refuses the reference %j', (reference, path) => {
    const { error } = make().reference.safeParse(reference)
    expect(error?.issues[0]?.path.join('.')).toBe(path)
  })
})
