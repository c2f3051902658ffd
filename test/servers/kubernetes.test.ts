import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { createKubernetesProvider } from '../../src/providers/kubernetes/kubernetes.ts'
import { CANARY, contextOf, describeSecretProvider, thrownBy } from '../contract/secret-provider.ts'
import { type StartedKubernetes, startKubernetes } from '../support/servers/kubernetes.ts'
import { describeWithServer } from '../support/servers/require-server.ts'

describeWithServer('kube-apiserver', 'kubernetes, against a real kube-apiserver', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-kube-test-')))
  let cluster: StartedKubernetes
  const configs: Record<'admin' | 'limited' | 'certificate' | 'plugin' | 'nobody', string> = {
    ...{ admin: '', limited: '', certificate: '', plugin: '', nobody: '' },
  }
  const base64 = (text: string) => Buffer.from(text).toString('base64')

  beforeAll(async () => {
    cluster = await startKubernetes()
    const plugin = join(folder, 'plugin')
    const status = JSON.stringify({ status: { token: cluster.limitedToken } })
    writeFileSync(plugin, `#!/bin/sh\necho '${status}'\n`, { mode: 0o755 })
    const users = {
      admin: { token: cluster.token },
      limited: { token: cluster.limitedToken },
      certificate: {
        'client-certificate-data': base64(cluster.client.cert),
        'client-key-data': base64(cluster.client.key),
      },
      plugin: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin } },
      nobody: { token: 'no-such-token' },
    }
    const server = { server: cluster.url, 'certificate-authority-data': base64(cluster.ca) }
    const path = join(folder, 'config')
    const text = JSON.stringify({
      clusters: [{ name: 'c', cluster: server }],
      users: Object.entries(users).map(([name, user]) => ({ name, user })),
      contexts: Object.keys(users).map((name) => ({ name, context: { cluster: 'c', user: name } })),
    })
    writeFileSync(path, text, { mode: 0o600 })
    for (const name of Object.keys(users)) Reflect.set(configs, name, path)

    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
    const secrets = '/api/v1/namespaces/default/secrets'
    const stringData = { password: CANARY, username: 'me' }
    for (const name of ['db', 'other']) {
      expect(await cluster.api('POST', secrets, { metadata: { name }, stringData })).toBe(201)
    }
    const rules = [
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['db', 'gone'] },
    ]
    expect(await cluster.api('POST', `${rbac}/roles`, { metadata: { name: 'db' }, rules })).toBe(
      201,
    )
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'db' }
    const people = ['limited', 'test'].map((name) => ({ kind: 'User', name }))
    const subjects = [...people, { kind: 'ServiceAccount', name: 'keyhand', namespace: 'default' }]
    const binding = { metadata: { name: 'db' }, roleRef, subjects }
    expect(await cluster.api('POST', `${rbac}/rolebindings`, binding)).toBe(201)
  }, 90_000)
  afterAll(async () => {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const provider = createKubernetesProvider({ env: {}, now: Date.now })
  const as = (context: keyof typeof configs, name = 'db', key = 'password') => ({
    ...{ namespace: 'default', name, key },
    ...{ kubeconfig: configs[context], context },
  })

  describeSecretProvider('kubernetes', {
    store: false,
    setup: async () => ({
      provider,
      present: as('limited'),
      absent: as('limited', 'gone'),
      writable: null,
      versions: true,
      stop: async () => undefined,
    }),
  })

  it.each(['admin', 'limited', 'certificate', 'plugin'] as const)('reads as %s', async (who) => {
    const fetched = await provider.fetch(as(who), contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
  })

  it('reads as the service account of a pod, and as that account by a token of the catalog', async () => {
    const token = await cluster.serviceAccount('keyhand')
    const podFolder = mkdtempSync(join(folder, 'pod-'))
    writeFileSync(join(podFolder, 'token'), token)
    writeFileSync(join(podFolder, 'ca.crt'), cluster.ca)
    const pod = createKubernetesProvider({ env: {}, now: Date.now, podFolder })
    const at = { namespace: 'default', name: 'db', key: 'password', address: cluster.url }
    const inside = await pod.fetch({ ...at, in_cluster: true }, contextOf())
    expect(inside?.fields.get('value')?.reveal()).toBe(CANARY)
    const ca = join(podFolder, 'ca.crt')
    const context = { ...contextOf(), secret: async (name: string) => new Secret(name, token) }
    const outside = await provider.fetch({ ...at, token: 'kube_token', ca }, context)
    expect(outside?.fields.get('value')?.reveal()).toBe(CANARY)
    const denied = pod.fetch({ ...at, name: 'other', in_cluster: true }, contextOf())
    expect((await thrownBy(denied)).code).toBe('secret_denied')
  })

  it('tells a Secret that may not be read from one that is not there, and from no login', async () => {
    const denied = await thrownBy(provider.fetch(as('limited', 'other'), contextOf()))
    expect([denied.code, denied.message]).toEqual([
      'secret_denied',
      'Kubernetes does not let keyhand read the Secret `default/other`',
    ])
    await expect(provider.fetch(as('limited', 'gone'), contextOf())).resolves.toBeNull()
    const nobody = await thrownBy(provider.fetch(as('nobody'), contextOf()))
    expect([nobody.code, nobody.message]).toEqual([
      'secret_not_logged_in',
      'Kubernetes does not know this login',
    ])
  })

  it('gives another version where somebody has written the Secret', async () => {
    const before = await provider.fetch(as('admin', 'other'), contextOf())
    expect(Math.abs((before?.createdAt ?? 0) - Date.now())).toBeLessThan(120_000)
    const written = { metadata: { name: 'other' }, stringData: { password: 'the next one' } }
    const path = '/api/v1/namespaces/default/secrets/other'
    expect(await cluster.api('PUT', path, written)).toBe(200)
    const after = await provider.fetch(as('admin', 'other'), contextOf())
    expect(after?.fields.get('value')?.reveal()).toBe('the next one')
    expect(after?.version).not.toBe(before?.version)
  })
})
