import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { BrokerError } from '../../core/errors.ts'
import { createHttpsJson, type HttpsJson, type HttpsJsonAnswer } from '../https-json/https-json.ts'
import type { FetchContext, FetchedSecret } from '../provider.ts'
import { askPlugin, type ExecCredential } from './exec-plugin.ts'
import { answerFailure } from './failure.ts'
import { fileText, type Place, readKubeconfig } from './kubeconfig.ts'
import type { KubernetesReference } from './reference.ts'
import { fetchedOf } from './value.ts'

export interface ClusterOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** Where Kubernetes puts a pod's token and authority. */
  readonly podFolder: string
}

/** API servers, asked with what their logins say at the moment. */
export interface Clusters {
  read(reference: KubernetesReference, context: FetchContext): Promise<FetchedSecret | null>
}

/** With less life than this left, a credential is not used any more. */
const LEAST_LIFE_MS = 10_000

export function createClusters({ env, now, podFolder }: ClusterOptions): Clusters {
  const clients = new Map<string, { readonly settings: string; readonly https: HttpsJson }>()
  const credentials = new Map<string, ExecCredential>()

  async function placeOf(reference: KubernetesReference, context: FetchContext): Promise<Place> {
    if (reference.kubeconfig !== undefined)
      return readKubeconfig(reference.kubeconfig, reference.context)
    const { address = 'https://kubernetes.default.svc', token, ca } = reference
    const pod = token === undefined
    const file = ca ?? (pod ? join(podFolder, 'ca.crt') : null)
    const value = pod ? await fileText(join(podFolder, 'token')) : await tokenOf(token, context)
    const login = { token: value, client: null, exec: null }
    return { address, ca: file === null ? null : await authorityIn(file), login }
  }

  /** What a plugin gives is kept while it lives. */
  async function credentialOf(
    place: Place,
    reference: KubernetesReference,
    { signal }: FetchContext,
  ): Promise<Pick<ExecCredential, 'token' | 'client'>> {
    const { exec, token, client } = place.login
    if (exec === null || token !== null) return { token, client }
    const key = digest([place.address, exec, reference.exec_program, reference.from_environment])
    const kept = credentials.get(key)
    if (kept !== undefined && kept.expiresAt - now() > LEAST_LIFE_MS) return kept
    credentials.delete(key)
    const fresh = await askPlugin(exec, reference, { env, signal })
    credentials.set(key, fresh)
    return fresh
  }

  function clientOf(place: Place, client: ExecCredential['client'], of: KubernetesReference) {
    const key = JSON.stringify([of.kubeconfig, of.context, of.address, of.in_cluster])
    const settings = digest([place.address, place.ca, client])
    const known = clients.get(key)
    if (known?.settings === settings) return known.https
    checkPem(place.ca, client)
    known?.https.close()
    const https = createHttpsJson({
      address: place.address,
      service: 'Kubernetes',
      ...(place.ca === null ? {} : { ca: place.ca }),
      ...(client === null ? {} : { client }),
    })
    clients.set(key, { settings, https })
    return https
  }

  async function ask(
    reference: KubernetesReference,
    context: FetchContext,
  ): Promise<HttpsJsonAnswer> {
    const place = await placeOf(reference, context)
    const { token, client } = await credentialOf(place, reference, context)
    if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
      throw new BrokerError('secret_not_logged_in', 'what is to log in to Kubernetes is no token', {
        fix: 'Put a token there: one line of text, without spaces.',
      })
    }
    const { namespace, name } = reference
    return clientOf(place, client, reference).request({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/secrets/${name}`,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: context.signal,
    })
  }

  return {
    async read(reference, context) {
      let answer = await ask(reference, context)
      if (answer.status === 401 && credentials.size > 0) {
        // What a plugin gave may have been withdrawn before its time.
        credentials.clear()
        answer = await ask(reference, context)
      }
      const failure = answerFailure(answer, reference)
      if (failure !== null) throw failure
      return answer.status === 404 ? null : fetchedOf(answer.json, reference, context.name)
    },
  }
}

async function tokenOf(name: string, context: FetchContext): Promise<string> {
  const token = await context.secret(name)
  return token.reveal().trim()
}

async function authorityIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new BrokerError('secret_invalid', `the authority \`${file}\` cannot be read`, {
      fix: 'Correct `ca` in keyhand.yaml; `in_cluster` is for pods only.',
    })
  }
}

function checkPem(ca: string | null, client: ExecCredential['client']): void {
  try {
    createSecureContext({ ...(ca === null ? {} : { ca }), ...client })
  } catch {
    const message = 'the authority, or the client certificate and its key, is no PEM that fits'
    throw new BrokerError('secret_invalid', `${message} for Kubernetes`, {
      fix: 'Check the kubeconfig, or `ca`; log in to the cluster anew.',
    })
  }
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
