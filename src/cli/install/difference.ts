import { isDeepStrictEqual } from 'node:util'
import { looksLikeCredential } from '../../audit/path-mask.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'
import { isRecord, own } from './edited.ts'

/**
 * Says what differs between the entry that is there and the one that would be. INVARIANT: of a variable or header that is not
 * ours only the name, and of an argument nothing that looks like a credential: clients' files are where people keep keys in the
 * clear.
 */
export function sayDifference(io: Io, current: unknown, wanted: JsonObject): void {
  const names = new Set([
    ...(isRecord(current) ? Object.keys(current) : []),
    ...Object.keys(wanted),
  ])
  if (!isRecord(current)) sayLine(io, '- (no entry of a server)')
  for (const name of names) {
    const [is, will] = [own(current, name), wanted[name]]
    if (isDeepStrictEqual(is, will)) continue
    if (is !== undefined) sayLine(io, `- ${name}: ${shown(name, is)}`)
    if (will !== undefined) sayLine(io, `+ ${name}: ${JSON.stringify(will)}`)
  }
}

const SHOWN = new Set(['type', 'command', 'args', 'cwd', 'env_vars'])

function shown(name: string, value: unknown): string {
  if (SHOWN.has(name)) return JSON.stringify(value, withoutCredentials)
  if (!isRecord(value)) return typeof value === 'string' ? '"…"' : JSON.stringify(value)
  const entries = Object.entries(value).map(([key, inner]) => {
    const ours = key === 'KEYHAND_HOME' || key === 'KEYHAND_STATE'
    return `${key}: ${ours && typeof inner === 'string' ? JSON.stringify(inner) : '…'}`
  })
  return `{${entries.join(', ')}}`
}

/** People put keys into arguments, too. */
function withoutCredentials(_: string, value: unknown): unknown {
  const parts = typeof value === 'string' ? value.split(/[\s/\\=]/) : []
  return parts.some(looksLikeCredential) ? '…' : value
}
