import { BrokerError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { type FetchedSecret, VALUE_FIELD } from '../provider.ts'
import type { ItemPath } from './reference.ts'

/** An item, however it was had. */
export interface Item {
  readonly fields: readonly Field[]
  readonly version: string | null
  /** In ms since the epoch. */
  readonly updatedAt: number | null
}

export interface Field {
  readonly id: string
  readonly label: string
  readonly value: string
  /** ID and label of the section that it is in. */
  readonly section: readonly string[]
}

/** An item as Connect and the `op` program write it. */
export function itemOf(json: JsonObject): Item {
  const fields = (Array.isArray(json['fields']) ? json['fields'] : []).flatMap((one: unknown) => {
    if (!isJsonObject(one)) return []
    const { id, label, value, section } = one
    const inner = isJsonObject(section) ? [section['id'], section['label']] : []
    return [
      {
        id: typeof id === 'string' ? id : '',
        label: typeof label === 'string' ? label : '',
        value: typeof value === 'string' ? value : '',
        section: inner.filter((word) => typeof word === 'string'),
      },
    ]
  })
  const { version } = json
  const updated = json['updatedAt'] ?? json['updated_at']
  const ms = typeof updated === 'string' ? Date.parse(updated) : Number.NaN
  return {
    fields,
    version: typeof version === 'number' ? String(version) : null,
    updatedAt: Number.isNaN(ms) ? null : ms,
  }
}

/** What the reference names in the item; null where it has no such field. */
export function fetchedOf(item: Item, path: ItemPath, name: string): FetchedSecret | null {
  const fields = path.field === null ? allOf(item, path, name) : oneOf(item, path, name)
  const { version, updatedAt: createdAt } = item
  return fields === null ? null : { fields, version, createdAt, lease: null }
}

function oneOf({ fields }: Item, path: ItemPath, name: string): ReadonlyMap<string, Secret> | null {
  const { section, field } = path
  const found = fields.filter(
    (one) =>
      (isSame(one.id, field) || isSame(one.label, field)) &&
      (section === null || one.section.some((word) => isSame(word, section))),
  )
  const [first] = found
  if (first === undefined) return null
  if (found.length > 1) throw severalFields(path)
  if (first.value !== '') return new Map([[VALUE_FIELD, new Secret(name, first.value)]])
  throw new BrokerError('secret_invalid', `${shown(path)} is empty in 1Password`, {
    fix: 'Put a value there, or name another field.',
  })
}

function allOf({ fields }: Item, path: ItemPath, name: string): ReadonlyMap<string, Secret> {
  const filled = fields.filter(({ label, value }) => label !== '' && value !== '')
  if (filled.length === 0) {
    throw new BrokerError('secret_invalid', `${shown(path)} has no field with a value`, {
      fix: 'Put one there, or name another item.',
    })
  }
  if (new Set(filled.map(({ label }) => label)).size < filled.length) throw severalFields(path)
  return new Map(
    filled.map(({ label, value }) => [
      label,
      new Secret(name, value, label === VALUE_FIELD ? null : label),
    ]),
  )
}

/** 1Password does not tell upper from lower case in references. */
export function isSame(one: unknown, other: string | null): boolean {
  return typeof one === 'string' && other !== null && one.toLowerCase() === other.toLowerCase()
}

export function shown({ vault, item, section, field }: ItemPath): string {
  const parts = [vault, item, section, field].filter((part) => part !== null)
  return `\`op://${parts.join('/').slice(0, 256)}\``
}

/** A vault that is not there looks like one that may not be read. */
export function noVault({ vault }: ItemPath): BrokerError {
  const message = `this login of 1Password has no vault \`${vault.slice(0, 128)}\``
  return new BrokerError('secret_denied', message, {
    fix: 'Give it access to the vault, or correct the name in the reference.',
  })
}

export function several(what: 'vault' | 'item', path: ItemPath): BrokerError {
  return new BrokerError('secret_invalid', `more than one ${what} matches ${shown(path)}`, {
    fix: `Write the ID of the ${what} instead of its name.`,
  })
}

function severalFields(path: ItemPath): BrokerError {
  return new BrokerError('secret_invalid', `more than one field matches ${shown(path)}`, {
    fix: 'Name its section too (`op://vault/item/section/field`), or write the ID of the field.',
  })
}
