import { BrokerError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { VALUE_FIELD } from '../provider.ts'
import type { CommandReference } from './reference.ts'

/**
 * What a program printed, as fields: all of it without its last line break, or what its JSON holds.
 *
 * @throws BrokerError `secret_invalid` where that is nothing, no text, or not there; names are said, values never.
 */
export function fieldsOf(
  stdout: Buffer,
  { program, json, fields }: CommandReference,
  name: string,
): ReadonlyMap<string, Secret> {
  const printed = textOf(stdout, program)
  if (json === undefined && fields === undefined) {
    const value = printed.replace(/\r?\n$/, '')
    if (value === '') {
      throw invalid(program, 'printed nothing', 'Run it by hand, and check `args`.')
    }
    return new Map([[VALUE_FIELD, new Secret(name, value)]])
  }
  const document = parsed(printed, program)
  if (json !== undefined) {
    return new Map([[VALUE_FIELD, new Secret(name, at(document, json, program))]])
  }
  const named: [string, string][] = Array.isArray(fields)
    ? fields.map((field) => [field, `/${field}`])
    : Object.entries(fields ?? {})
  return new Map(
    named.map(([field, pointer]) => {
      const value = at(document, pointer, program)
      return [field, new Secret(name, value, field === VALUE_FIELD ? null : field)]
    }),
  )
}

function textOf(bytes: Buffer, program: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw invalid(program, 'printed what is no UTF-8 text', 'Have it print base64.')
  }
}

function parsed(text: string, program: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid(program, 'did not print JSON', 'Remove `json` and `fields`, or check `args`.')
  }
}

/** The text at a JSON Pointer (RFC 6901). */
function at(document: unknown, pointer: string, program: string): string {
  const steps = pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const nothing = () =>
    invalid(program, `printed JSON with nothing at \`${pointer}\``, 'Check `json` or `fields`.')
  let value = document
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) throw nothing()
    value = Reflect.get(value, step)
  }
  if (typeof value === 'string' && value !== '') return value
  const why = value === '' ? 'is empty' : 'is not text'
  throw invalid(program, `printed JSON whose \`${pointer}\` ${why}`, 'Store it as text.')
}

function invalid(program: string, why: string, fix: string): BrokerError {
  return new BrokerError('secret_invalid', `\`${program}\` ${why}`, { fix })
}
