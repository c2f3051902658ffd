import type { Database } from './database.ts'
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts'
import type { CachedSecrets } from './state-port.ts'

/** What each process has in memory of which secret. What a dead process noted says only how old the version was. */
export function createCachedSecrets(database: Database): CachedSecrets {
  let own: ProcessIdentity | null = null
  const identity = () => {
    own ??= ownIdentity()
    return own
  }

  return {
    note: async ({ secret, reference }, { generation, at, endsAt, createdAt }) => {
      const { host, pid, started } = identity()
      await database.write((transaction) => {
        // What is over says nothing that this one does not say better.
        transaction.run(
          'DELETE FROM cached_secrets WHERE secret = ? AND reference = ? AND ends_at <= ?',
          secret,
          reference,
          at,
        )
        transaction.run(
          `INSERT INTO cached_secrets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET generation = excluded.generation, fetched_at = excluded.fetched_at,
             ends_at = excluded.ends_at, created_at = excluded.created_at`,
          secret,
          reference,
          host,
          pid,
          started,
          generation,
          at,
          endsAt,
          createdAt,
        )
      })
    },

    drop: async ({ secret, reference }, now) => {
      const { host, pid, started } = identity()
      await database.write((transaction) =>
        transaction.run(
          `UPDATE cached_secrets SET ends_at = ?
           WHERE secret = ? AND reference = ? AND host = ? AND pid = ? AND started = ? AND ends_at > ?`,
          ...[now, secret, reference, host, pid, started, now],
        ),
      )
    },

    look: async ({ secret, reference }, now) => {
      const { rows, generation } = await database.read((transaction) => ({
        rows: transaction.all(
          'SELECT * FROM cached_secrets WHERE secret = ? AND reference = ? ORDER BY fetched_at DESC',
          secret,
          reference,
        ),
        generation: Number(
          transaction.get('SELECT generation FROM secret_refreshes WHERE secret = ?', secret)?.[
            'generation'
          ] ?? 0,
        ),
      }))
      const inMemory = rows.filter(
        (row) =>
          Number(row['ends_at']) > now &&
          // One from before a refresh is used by nobody.
          Number(row['generation']) === generation &&
          // Of a process on another host, or in another container, only its time is known.
          isRunning(ownerOf(row)) !== false,
      )
      const createdAt = rows[0]?.['created_at'] ?? null
      return {
        cachedUntil:
          inMemory.length === 0 ? null : Math.max(...inMemory.map((row) => Number(row['ends_at']))),
        createdAt: createdAt === null ? null : Number(createdAt),
      }
    },
  }
}

function ownerOf(row: { readonly [column: string]: unknown }): ProcessIdentity {
  return { host: String(row['host']), pid: Number(row['pid']), started: String(row['started']) }
}
