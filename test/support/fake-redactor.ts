import { BrokerError } from '../../src/core/errors.ts'
import { isJsonObject, type Json } from '../../src/core/json.ts'
import type { RedactionSession, Redactor } from '../../src/redaction/redaction-port.ts'

/**
 * A fake: removes values as they are, by search and replace, with the marker `[gone]`. Enough to see which places of a
 * message the transport hands to redaction, and what it does when that throws.
 */
export function fakeRedactor(values: readonly string[], fault: string | null = null): Redactor {
  return {
    register() {},
    session: () => fakeSession(values, fault),
    inspectInput: () => null,
  }
}

function fakeSession(values: readonly string[], fault: string | null): RedactionSession {
  let found = 0
  const text = (given: string): string => {
    if (fault !== null) throw new BrokerError('redaction_failed', fault)
    return values.reduce((done, value) => {
      const parts = done.split(value)
      found += parts.length - 1
      return parts.join('[gone]')
    }, given)
  }
  const json = (value: Json): Json => {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : '[gone]'
    if (Array.isArray(value)) return value.map(json)
    if (!isJsonObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [text(name), json(inner)]),
    )
  }
  return {
    text,
    sameText: text,
    json,
    bytes: (bytes) => new TextEncoder().encode(text(new TextDecoder().decode(bytes))),
    stream: () => {
      let held = ''
      return {
        push(chunk) {
          held += chunk
          return ''
        },
        end: () => text(held),
      }
    },
    get counts() {
      return { byName: found === 0 ? {} : { fake: found }, partial: 0 }
    },
  }
}
