import * as z from 'zod'
import { BrokerError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type FetchedSecret, VALUE_FIELD } from '../provider.ts'

const times = { created: z.iso.datetime(), version: z.int().min(1) }

const stored = z.union([
  z.strictObject({ value: z.string().min(1), ...times }),
  z.strictObject({ fields: z.record(z.string().min(1), z.string().min(1)), ...times }),
])

const contents = z.strictObject({ v: z.literal(1), secrets: z.record(z.string().min(1), stored) })

type Stored = z.infer<typeof stored>

/** What an encrypted file holds, with every value as a `Secret`. */
export type Contents = ReadonlyMap<string, StoredSecret>

interface StoredSecret {
  readonly fields: ReadonlyMap<string, Secret>
  readonly created: string
  readonly version: number
}

/** @throws BrokerError `secret_invalid`; what was in the file is not in the message. */
export function parseContents(text: string, path: string): Contents {
  const parsed = contents.safeParse(parseJson(text))
  if (!parsed.success) {
    throw new BrokerError(
      'secret_invalid',
      `\`${path}\` does not hold what keyhand writes: {v: 1, secrets: …}`,
      {
        fix: 'Where a newer keyhand wrote it, use that one; else put back the last good copy.',
      },
    )
  }
  return new Map(
    Object.entries(parsed.data.secrets).map(([key, one]) => [key, asSecrets(key, one)]),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function asSecrets(key: string, one: Stored): StoredSecret {
  const entries = 'value' in one ? { [VALUE_FIELD]: one.value } : one.fields
  const fields = new Map(
    Object.entries(entries).map(([field, value]) => [field, secretOf(key, field, value)] as const),
  )
  return { fields, created: one.created, version: one.version }
}

/** The file's text again. */
export function contentsText(held: Contents): string {
  const secrets = [...held].map(([key, { fields, created, version }]) => {
    const value = fields.get(VALUE_FIELD)
    const revealed = [...fields].map(([field, secret]) => [field, secret.reveal()])
    const what =
      value !== undefined && fields.size === 1
        ? { value: value.reveal() }
        : { fields: Object.fromEntries(revealed) as unknown }
    return [key, { ...what, created, version }]
  })
  return JSON.stringify({ v: 1, secrets: Object.fromEntries(secrets) as unknown })
}

/** What a fetch answers for one key, under the catalog's name; null where there is no such key. */
export function fetchedOf(held: Contents, key: string, name: string): FetchedSecret | null {
  const one = held.get(key)
  if (one === undefined) return null
  const fields = new Map(
    [...one.fields].map(
      ([field, secret]) => [field, secretOf(name, field, secret.reveal())] as const,
    ),
  )
  return { fields, version: String(one.version), createdAt: Date.parse(one.created), lease: null }
}

/**
 * The contents with one value more, and its new version. A `Secret` with a field goes into that field and leaves the others.
 *
 * @throws BrokerError `secret_conflict` where `expectedVersion` is not the current one, `secret_invalid` where one value
 * and fields would be mixed.
 */
export function withValue(
  held: Contents,
  key: string,
  value: Secret,
  now: number,
  expectedVersion?: string,
): { contents: Contents; version: string } {
  const before = held.get(key)
  const current = before === undefined ? null : String(before.version)
  if (expectedVersion !== undefined && expectedVersion !== current) {
    throw new BrokerError(
      'secret_conflict',
      `\`${key}\` has version ${current ?? 'none'} by now, not \`${expectedVersion}\``,
      { fix: 'Look at the newer one, then try again.' },
    )
  }
  const field = value.field ?? VALUE_FIELD
  const isSingle = before?.fields.has(VALUE_FIELD)
  if (isSingle !== undefined && isSingle !== (field === VALUE_FIELD)) {
    throw new BrokerError(
      'secret_invalid',
      isSingle
        ? `\`${key}\` holds one value and cannot take the field \`${field}\``
        : `\`${key}\` holds fields, and one value would take their place`,
      { fix: `Run \`keyhand secret remove ${key}\` first.` },
    )
  }
  if (value.reveal() === '') throw new BrokerError('secret_invalid', 'the value is empty')
  const version = (before?.version ?? 0) + 1
  const fields = new Map(before?.fields).set(field, value)
  const created = new Date(now).toISOString()
  return {
    contents: new Map(held).set(key, { fields, created, version }),
    version: String(version),
  }
}

export function withoutKey(held: Contents, key: string): Contents {
  const rest = new Map(held)
  rest.delete(key)
  return rest
}

function secretOf(name: string, field: string, value: string): Secret {
  return new Secret(name, value, field === VALUE_FIELD ? null : field)
}
