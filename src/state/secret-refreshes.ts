import type { Database } from './database.ts'
import type { SecretRefreshes } from './state-port.ts'

/** How often each secret was to be fetched anew. */
export function createSecretRefreshes(database: Database): SecretRefreshes {
  return {
    generation: (secret) =>
      database.read((transaction) => {
        const row = transaction.get(
          'SELECT generation FROM secret_refreshes WHERE secret = ?',
          secret,
        )
        return Number(row?.['generation'] ?? 0)
      }),

    refresh: (secret) =>
      database.write((transaction) => {
        transaction.run(
          'INSERT INTO secret_refreshes VALUES (?, 1) ON CONFLICT (secret) DO UPDATE SET generation = generation + 1',
          secret,
        )
      }),
  }
}
