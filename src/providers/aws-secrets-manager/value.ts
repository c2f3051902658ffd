import type { GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { type FetchedSecret, VALUE_FIELD } from '../provider.ts'
import type { AwsReference } from './reference.ts'

/**
 * What AWS answered, as a secret. A binary value is its text where it is UTF-8, else its base64.
 *
 * @throws BrokerError `secret_invalid` where it is empty, or has no such key; names are said, values never.
 */
export function fetchedOf(
  output: GetSecretValueCommandOutput,
  { id, key }: AwsReference,
  name: string,
): FetchedSecret {
  const whole = output.SecretString ?? binaryText(output.SecretBinary)
  const value = key === undefined ? whole : fieldOf(whole, key, id)
  if (value === '') {
    const what = key === undefined ? `\`${id}\`` : `the key \`${key}\` of \`${id}\``
    throw new BrokerError('secret_invalid', `${what} is empty in AWS Secrets Manager`)
  }
  return {
    fields: new Map([[VALUE_FIELD, new Secret(name, value)]]),
    version: output.VersionId ?? null,
    createdAt: output.CreatedDate?.getTime() ?? null,
    lease: null,
  }
}

function binaryText(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return ''
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('base64')
  }
}

function fieldOf(whole: string, key: string, id: string): string {
  const object = parseObject(whole)
  if (object === null) {
    throw new BrokerError(
      'secret_invalid',
      `\`${id}\` is not a JSON object, so it has no key \`${key}\``,
      {
        fix: 'Remove `key:` to use the whole value.',
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
