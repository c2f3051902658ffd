import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { FetchContext, FetchedSecret } from '../provider.ts'
import { answerFailure, denied } from './failure.ts'
import { fieldsOf } from './fields.ts'
import type { VaultReference } from './reference.ts'
import type { Session } from './session.ts'

/** A KV v1 secret, or one of a path that lends nothing: it has one version, and Vault says nothing of it. */
export async function readVersion1(
  session: Session,
  reference: VaultReference,
  context: FetchContext,
): Promise<FetchedSecret | null> {
  if (reference.version !== undefined) throw noVersions(reference)
  if (context.version === 'previous') return null
  const { path } = reference
  const answer = await session.ask({ method: 'GET', path }, context)
  if (answer.status === 404) return null
  if (answer.status === 403) throw denied(`\`${path}\``, readPolicy(path))
  if (answer.status !== 200 || !isJsonObject(answer.json))
    throw answerFailure(answer, `\`${path}\``)
  const fields = fieldsOf(answer.json['data'], reference, context.name)
  return { fields, version: null, createdAt: null, lease: null }
}

/** A KV v2 secret: the version that the reference names, the current one, or the one before. */
export async function readVersion2(
  session: Session,
  mount: string,
  reference: VaultReference,
  context: FetchContext,
): Promise<FetchedSecret | null> {
  if (reference.version !== undefined || context.version === 'current') {
    const found = await readData(session, mount, reference, context, reference.version)
    if (found === null) return null
    if (found.gone) throw deleted(reference, found.version)
    return fetchedOf(found, reference, context)
  }
  const current = await readData(session, mount, reference, context, undefined)
  if (current === null || current.version < 2) return null
  const previous = await readData(session, mount, reference, context, current.version - 1)
  return previous === null || previous.gone ? null : fetchedOf(previous, reference, context)
}

export function noVersions({ path }: VaultReference): BrokerError {
  return new BrokerError('secret_invalid', `what is at \`${path}\` has no versions`, {
    fix: 'Leave `version` out, or turn the mount into KV v2: `vault kv enable-versioning`.',
  })
}

export function readPolicy(path: string): string {
  return `path "${path}" { capabilities = ["read"] }`
}

interface Version {
  readonly data: unknown
  readonly version: number
  readonly createdAt: number | null
  /** Deleted or destroyed: Vault still knows that it was there. */
  readonly gone: boolean
}

async function readData(
  session: Session,
  mount: string,
  { path }: VaultReference,
  context: FetchContext,
  version: number | undefined,
): Promise<Version | null> {
  const api = `${mount}/data/${path.slice(mount.length + 1)}`
  const query = version === undefined ? {} : { query: { version: String(version) } }
  const answer = await session.ask({ method: 'GET', path: api, ...query }, context)
  if (answer.status === 403) throw denied(`\`${path}\``, readPolicy(api))
  const outer = isJsonObject(answer.json) ? answer.json['data'] : null
  const metadata = isJsonObject(outer) ? outer['metadata'] : null
  if (answer.status === 404 && !isJsonObject(metadata)) return null
  if (![200, 404].includes(answer.status) || !isJsonObject(outer) || !isJsonObject(metadata)) {
    throw answerFailure(answer, `\`${path}\``)
  }
  const { created_time: created } = metadata
  const createdAt = typeof created === 'string' ? Date.parse(created) : Number.NaN
  return {
    data: outer['data'],
    version: Number(metadata['version']),
    createdAt: Number.isNaN(createdAt) ? null : createdAt,
    gone: answer.status === 404 || outer['data'] === null,
  }
}

function fetchedOf(
  { data, version, createdAt }: Version,
  reference: VaultReference,
  { name }: FetchContext,
): FetchedSecret {
  const fields = fieldsOf(data, reference, name)
  return { fields, version: String(version), createdAt, lease: null }
}

function deleted({ path }: VaultReference, version: number): BrokerError {
  const message = `version ${version} of \`${path}\` is deleted in Vault`
  return new BrokerError('secret_invalid', message, {
    fix: `Bring it back (\`vault kv undelete -versions=${version} ${path}\`), or write a new one.`,
  })
}
