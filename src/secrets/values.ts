import { BrokerError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import { fieldNameOf, secretNameOf } from '../core/secret-field.ts'
import { VALUE_FIELD } from '../providers/provider.ts'
import type { ResolvedSecret } from './resolver.ts'

/** The values of one call, as auth schemes ask for them (`SecretValues` of auth/auth-scheme.ts has this shape). */
interface ValuesOfCall {
  get(name: string, field?: string): Secret
}

/**
 * The secrets of a call, by the catalog's names.
 *
 * @throws BrokerError from `get`: `secret_invalid` where the secret has no such field, naming those that it has; `internal`
 * where it was not resolved for this call.
 */
export function valuesOf(
  resolved: readonly Pick<ResolvedSecret, 'name' | 'fields'>[],
): ValuesOfCall {
  const byName = new Map(resolved.map((secret) => [secret.name, secret]))
  return {
    get(text, asked) {
      const name = secretNameOf(text)
      const field = asked ?? fieldNameOf(text) ?? VALUE_FIELD
      const secret = byName.get(name)
      if (secret === undefined) {
        throw new BrokerError('internal', `the secret \`${name}\` was not resolved for this call`)
      }
      const value = secret.fields.get(field)
      if (value !== undefined) return value
      const names = [...secret.fields.keys()].map((one) => `\`${one}\``).join(', ')
      throw new BrokerError('secret_invalid', `the secret \`${name}\` has no field \`${field}\``, {
        fix: `Use one of its fields: ${names}.`,
      })
    },
  }
}
