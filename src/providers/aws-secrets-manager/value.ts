import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { type FetchedSecret, VALUE_FIELD } from '../provider.ts'
import type { AwsValue } from './client.ts'
import type { AwsReference } from './reference.ts'

/**
 * What AWS answered, as a secret. A binary value is its text where it is UTF-8, else its base64.
 *
 * @throws BrokerError `secret_invalid` where it is empty, or has no such key; names are said, values never.
 */
export function fetchedOf(
  output: AwsValue,
  { id, key, fields }: AwsReference,
  name: string,
): FetchedSecret {
  const whole = output.SecretString ?? binaryText(output.SecretBinary)
  const one = (field: string, value: string): [string, Secret] => [
    field,
    new Secret(name, value, field === VALUE_FIELD ? null : field),
  ]
  const named = fields?.map((field) => one(field, fieldOf(whole, field, 'fields', id)))
  return {
    fields: new Map(named ?? [one(VALUE_FIELD, oneValue(whole, key, id))]),
    version: output.VersionId ?? null,
    createdAt: output.CreatedDate?.getTime() ?? null,
    lease: null,
  }
}

function oneValue(whole: string, key: string | undefined, id: string): string {
  if (key !== undefined) return fieldOf(whole, key, 'key', id)
  if (whole !== '') return whole
  throw new BrokerError('secret_invalid', `\`${id}\` is empty in AWS Secrets Manager`)
}

function binaryText(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return ''
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('base64')
  }
}

function fieldOf(whole: string, key: string, by: 'key' | 'fields', id: string): string {
  const object = parseObject(whole)
  if (object === null) {
    throw new BrokerError(
      'secret_invalid',
      `\`${id}\` is not a JSON object, so it has no key \`${key}\``,
      {
        fix: `Remove \`${by}:\` to use the whole value.`,
      },
    )
  }
  if (!Object.hasOwn(object, key)) {
    const names = Object.keys(object)
      .slice(0, 20)
      .map((one) => `\`${one.slice(0, 64)}\``)
    throw new BrokerError('secret_invalid', `\`${id}\` has no key \`${key}\``, {
      fix:
        names.length === 0 ? 'It has no keys at all.' : `Use one of its keys: ${names.join(', ')}.`,
    })
  }
  const value = object[key]
  if (value === '') {
    throw new BrokerError(
      'secret_invalid',
      `the key \`${key}\` of \`${id}\` is empty in AWS Secrets Manager`,
    )
  }
  if (typeof value === 'string') return value
  throw new BrokerError('secret_invalid', `the key \`${key}\` of \`${id}\` is not text`, {
    fix: 'Store it as a JSON string.',
  })
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
