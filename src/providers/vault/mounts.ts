import { isJsonObject } from '../../core/json.ts'
import type { FetchContext } from '../provider.ts'
import { answerFailure, denied } from './failure.ts'
import { readPolicy } from './kv.ts'
import type { VaultReference } from './reference.ts'
import type { Session } from './session.ts'

/** What is mounted where a path leads. */
export interface Mount {
  /** Without a slash at its end. */
  readonly path: string
  readonly engine: 'kv-v1' | 'kv-v2' | 'dynamic'
}

/** Which engine is behind which path; asked once for each mount, as the `vault` command does. */
export interface Mounts {
  of(reference: VaultReference, context: FetchContext): Promise<Mount>
}

export function createMounts(session: Session): Mounts {
  const known = new Map<string, Mount>()
  return {
    async of({ path, engine, mount }, context) {
      if (engine !== undefined) return { engine, path: mount ?? path.split('/')[0] ?? '' }
      for (const [prefix, found] of known) if (path.startsWith(`${prefix}/`)) return found
      const what = `\`${path}\``
      const answer = await session.ask(
        { method: 'GET', path: `sys/internal/ui/mounts/${path}` },
        context,
      )
      if (answer.status === 403 || answer.status === 404) throw denied(what, readPolicy(path))
      const data = isJsonObject(answer.json) ? answer.json['data'] : null
      if (answer.status !== 200 || !isJsonObject(data) || typeof data['path'] !== 'string') {
        throw answerFailure(answer, what)
      }
      const found = { path: data['path'].replace(/\/$/, ''), engine: engineOf(data) }
      known.set(found.path, found)
      return found
    },
  }
}

function engineOf(data: Readonly<Record<string, unknown>>): Mount['engine'] {
  const { type, options } = data
  if (type === 'cubbyhole' || type === 'generic') return 'kv-v1'
  if (type !== 'kv') return 'dynamic'
  return isJsonObject(options) && options['version'] === '2' ? 'kv-v2' : 'kv-v1'
}
