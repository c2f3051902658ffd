import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { composeInMemory, type InMemory } from '../../compose-owner.ts'
import { asBrokerError } from '../../core/errors.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import type { Io } from '../io.ts'

/**
 * What running servers have in memory of these secrets, by name. Looking makes no state.db; one that cannot be read is said,
 * and hides nothing else of a list.
 */
export async function inMemory(
  { places, now, warn }: Pick<Io, 'places' | 'now' | 'warn'>,
  entries: readonly SecretEntry[],
): Promise<ReadonlyMap<string, InMemory>> {
  const state = await stat(join(places.state, 'state.db')).catch(() => null)
  if (state === null) return new Map()
  const look = await composeInMemory(places)
  try {
    return new Map(
      await Promise.all(
        entries.map(async (entry) => [entry.name, await look(entry, now())] as const),
      ),
    )
  } catch (thrown) {
    const { message, fix } = asBrokerError(thrown)
    warn(`what running servers have in memory cannot be said: ${message}`)
    if (fix !== null) warn(`  ${fix}`)
    return new Map()
  } finally {
    await look.close()
  }
}
