import { BrokerError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { type FetchedSecret, VALUE_FIELD } from '../provider.ts'
import type { KubernetesReference } from './reference.ts'

/** A Secret of the API, as fields; null where it has no such key. */
export function fetchedOf(
  json: unknown,
  reference: KubernetesReference,
  name: string,
): FetchedSecret | null {
  const secret: JsonObject = isJsonObject(json) ? json : {}
  const metadata = isJsonObject(secret['metadata']) ? secret['metadata'] : {}
  const version = metadata['resourceVersion']
  const fields = fieldsOf(isJsonObject(secret['data']) ? secret['data'] : {}, reference, name)
  if (fields === null) return null
  return {
    fields,
    version: typeof version === 'string' ? version : null,
    createdAt: changedAt(metadata),
    lease: null,
  }
}

function fieldsOf(
  data: JsonObject,
  { namespace, name: object, key }: KubernetesReference,
  name: string,
): ReadonlyMap<string, Secret> | null {
  const where = `\`${namespace}/${object}\``
  if (key !== undefined) {
    if (!Object.hasOwn(data, key)) return null
    const text = textOf(data[key])
    if (text !== null && text !== '') return new Map([[VALUE_FIELD, new Secret(name, text)]])
    throw new BrokerError('secret_invalid', `\`${key}\` of ${where} is empty, or no text`, {
      fix: 'Keep text there; what is binary, as base64 text.',
    })
  }
  const fields = Object.entries(data).flatMap(([field, value]): [string, Secret][] => {
    const text = textOf(value)
    return text === null || text === ''
      ? []
      : [[field, new Secret(name, text, field === VALUE_FIELD ? null : field)]]
  })
  if (fields.length > 0) return new Map(fields)
  throw new BrokerError('secret_invalid', `${where} holds no text`, { fix: 'Put a key into it.' })
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(value, 'base64'),
    )
  } catch {
    return null
  }
}

/** When somebody last wrote it; the time of its creation is not that of this version. */
function changedAt({ managedFields }: JsonObject): number | null {
  const times = (Array.isArray(managedFields) ? managedFields : []).flatMap((one: unknown) => {
    const time = isJsonObject(one) ? one['time'] : null
    const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
    return Number.isNaN(ms) ? [] : [ms]
  })
  return times.length === 0 ? null : Math.max(...times)
}
