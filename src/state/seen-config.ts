import type { Database } from './database.ts'
import type { SeenConfig } from './state-port.ts'

/** What was last recorded of each file. */
export function createSeenConfig(database: Database): SeenConfig {
  return {
    get: (name) =>
      database.read((transaction) => {
        const row = transaction.get('SELECT hash, data FROM seen_config WHERE name = ?', name)
        if (row === undefined) return null
        const { hash, data } = row
        return { hash: hash === null ? null : String(hash), data: String(data) }
      }),

    compareAndSet: (name, expected, hash, data) =>
      database.write((transaction) => {
        const changes =
          expected === undefined
            ? transaction.run(
                'INSERT OR IGNORE INTO seen_config VALUES (?, ?, ?)',
                name,
                hash,
                data,
              )
            : transaction.run(
                'UPDATE seen_config SET hash = ?, data = ? WHERE name = ? AND hash IS ?',
                hash,
                data,
                name,
                expected,
              )
        return changes > 0
      }),
  }
}
