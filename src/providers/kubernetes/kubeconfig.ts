import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { parse } from 'yaml'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { isServiceAddress } from '../https-json/service-address.ts'
import { readOwnFile } from '../local/own-file.ts'

/** Who keyhand is at an API server. */
export interface Login {
  readonly token: string | null
  readonly client: { readonly cert: string; readonly key: string } | null
  /** A program that says both. */
  readonly exec: ExecPlugin | null
}

export interface ExecPlugin {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly apiVersion: string
  /** What it is told of the cluster, where it asks for it. */
  readonly cluster: JsonObject | null
}

export interface Place {
  readonly address: string
  readonly ca: string | null
  readonly login: Login
}

/** What a context of a kubeconfig says. @throws BrokerError naming what is missing or not supported, and no value. */
export async function readKubeconfig(path: string, wanted: string | undefined): Promise<Place> {
  const bytes = await readOwnFile(path, { private: true })
  if (bytes === null) {
    throw new BrokerError('secret_not_logged_in', `there is no kubeconfig \`${path}\``, {
      fix: 'Log in to the cluster, or correct `kubeconfig` in keyhand.yaml.',
    })
  }
  const config = parsed(bytes, path)
  const name = wanted ?? textIn(config, 'current-context')
  if (name === null) throw invalid(path, 'has no current context', 'Say which: `context: NAME`.')
  const context = named(config, 'contexts', 'context', name, path)
  const cluster = named(config, 'clusters', 'cluster', textIn(context, 'cluster') ?? '', path)
  const user = named(config, 'users', 'user', textIn(context, 'user') ?? '', path)
  refuseUnsupported(cluster, user, path)
  const address = textIn(cluster, 'server') ?? ''
  if (!isServiceAddress(address)) {
    throw invalid(path, 'names a server without TLS', 'Its `server` must be an https URL.')
  }
  const folder = dirname(path)
  const ca = await dataOrFile(cluster, 'certificate-authority', folder, false)
  return { address, ca, login: await loginOf(user, cluster, ca, path) }
}

async function loginOf(
  user: JsonObject,
  cluster: JsonObject,
  ca: string | null,
  path: string,
): Promise<Login> {
  const folder = dirname(path)
  const cert = await dataOrFile(user, 'client-certificate', folder, false)
  const key = await dataOrFile(user, 'client-key', folder, true)
  const tokenFile = textIn(user, 'tokenFile')
  const token =
    tokenFile === null ? textIn(user, 'token') : await fileText(absoluteIn(folder, tokenFile))
  const client = cert === null || key === null ? null : { cert, key }
  const exec = isJsonObject(user['exec']) ? execOf(user['exec'], cluster, ca, path) : null
  if (token === null && client === null && exec === null) {
    throw new BrokerError('secret_not_logged_in', `the user in \`${path}\` has no credential`, {
      fix: 'Log in to the cluster; keyhand takes a token, a client certificate or an exec plugin.',
    })
  }
  return { token, client, exec }
}

function execOf(
  exec: JsonObject,
  cluster: JsonObject,
  ca: string | null,
  path: string,
): ExecPlugin {
  const command = textIn(exec, 'command') ?? ''
  const relative = !isAbsolute(command) && /[\\/]/.test(command)
  const { args, env } = exec
  const pairs = (Array.isArray(env) ? env : []).flatMap((one: unknown): [string, string][] => {
    const [name, value] = isJsonObject(one) ? [textIn(one, 'name'), textIn(one, 'value')] : []
    return name == null ? [] : [[name, value ?? '']]
  })
  const extensions: unknown = cluster['extensions']
  const configs = (Array.isArray(extensions) ? extensions : []).flatMap((one: unknown) =>
    isJsonObject(one) && one['name'] === 'client.authentication.k8s.io/exec'
      ? [one['extension'] ?? null]
      : [],
  )
  const told = {
    server: textIn(cluster, 'server') ?? '',
    ...(ca === null ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(configs[0] === undefined ? {} : { config: configs[0] }),
  }
  return {
    command: relative ? join(dirname(path), command) : command,
    args: (Array.isArray(args) ? args : []).map(String),
    env: Object.fromEntries(pairs),
    apiVersion: textIn(exec, 'apiVersion') ?? 'client.authentication.k8s.io/v1',
    cluster: exec['provideClusterInfo'] === true ? told : null,
  }
}

/** What would change who is asked, or as whom, is not left out in silence. */
function refuseUnsupported(cluster: JsonObject, user: JsonObject, path: string): void {
  const found = [
    ['insecure-skip-tls-verify', cluster['insecure-skip-tls-verify'] === true],
    ['proxy-url', textIn(cluster, 'proxy-url') !== null],
    ['tls-server-name', textIn(cluster, 'tls-server-name') !== null],
    ['auth-provider', user['auth-provider'] !== undefined],
    ['username', user['username'] !== undefined],
    ['as', ['as', 'as-uid', 'as-groups', 'as-user-extra'].some((name) => user[name] !== undefined)],
  ] as const
  const [first] = found.find(([, there]) => there) ?? []
  if (first === undefined) return
  throw invalid(path, `says \`${first}\`, which keyhand does not do`, 'Use a context without it.')
}

function parsed(bytes: Buffer, path: string): JsonObject {
  try {
    const value: unknown = parse(bytes.toString('utf8'), { maxAliasCount: 0, logLevel: 'error' })
    if (isJsonObject(value)) return value
  } catch {
    // Its text would hold credentials.
  }
  throw invalid(path, 'is no kubeconfig', 'Check `kubeconfig` in keyhand.yaml.')
}

function named(
  config: JsonObject,
  list: string,
  inner: string,
  name: string,
  path: string,
): JsonObject {
  const all: unknown = config[list]
  const found: unknown = (Array.isArray(all) ? all : []).find(
    (one: unknown) => isJsonObject(one) && one['name'] === name,
  )
  const value: unknown = isJsonObject(found) ? found[inner] : null
  if (isJsonObject(value)) return value
  const message = `has no ${inner} \`${name.slice(0, 128)}\``
  throw invalid(path, message, 'See `kubectl config get-contexts`, and name one as `context`.')
}

async function dataOrFile(
  map: JsonObject,
  name: string,
  folder: string,
  secret: boolean,
): Promise<string | null> {
  const data = textIn(map, `${name}-data`)
  if (data !== null) return Buffer.from(data, 'base64').toString('utf8')
  const file = textIn(map, name)
  if (file === null) return null
  const path = absoluteIn(folder, file)
  const bytes = await readOwnFile(path, { private: secret })
  if (bytes !== null) return bytes.toString('utf8')
  throw invalid(path, 'is not there', 'Correct the kubeconfig, or log in anew.')
}

/** A token that somebody renews; trimmed. @throws BrokerError `secret_not_logged_in` where there is none. */
export async function fileText(path: string): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    if (text !== '') return text
  } catch {
    // Why does not matter: there is nothing to log in with.
  }
  throw new BrokerError('secret_not_logged_in', `the file \`${path}\` holds no token`, {
    fix: 'Check that whoever writes it has done so; `in_cluster` is for pods only.',
  })
}

function absoluteIn(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path)
}

function textIn(map: JsonObject, name: string): string | null {
  const value: unknown = map[name]
  return typeof value === 'string' && value !== '' ? value : null
}

function invalid(path: string, why: string, fix: string): BrokerError {
  return new BrokerError('secret_invalid', `\`${path}\` ${why}`, { fix })
}
