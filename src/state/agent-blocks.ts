import type { Database } from './database.ts'
import type { AgentBlocks } from './state-port.ts'

/** Longer than any window that is asked for. */
const KEEP_STRIKES_MS = 7 * 86_400_000

/** Agents that are stopped, and the strikes that lead there. A stop survives a power cut, and a second one keeps the first. */
export function createAgentBlocks(database: Database): AgentBlocks {
  return {
    blocked: (agent) =>
      database.read((transaction) => {
        const row = transaction.get('SELECT since, reason FROM blocks WHERE agent = ?', agent)
        return row === undefined
          ? null
          : { since: Number(row['since']), reason: String(row['reason']) }
      }),

    block: async (agent, reason, now) => {
      await database.writeSynced((transaction) =>
        transaction.run('INSERT OR IGNORE INTO blocks VALUES (?, ?, ?)', agent, now, reason),
      )
    },

    unblock: (agent) =>
      database.writeSynced((transaction) => {
        // Its strikes go too, or the next one would stop it again.
        transaction.run('DELETE FROM strikes WHERE agent = ?', agent)
        return transaction.run('DELETE FROM blocks WHERE agent = ?', agent) > 0
      }),

    strike: (agent, kind, count, now, windowMs) =>
      database.write((transaction) => {
        transaction.run(
          'DELETE FROM strikes WHERE agent = ? AND kind = ? AND at <= ?',
          agent,
          kind,
          now - Math.max(windowMs, KEEP_STRIKES_MS),
        )
        if (count > 0) {
          const insert = 'INSERT INTO strikes (agent, kind, at, count) VALUES (?, ?, ?, ?)'
          transaction.run(insert, agent, kind, now, count)
        }
        // Strikes that lie in the future count: a clock that goes back forgives nothing.
        const row = transaction.get(
          'SELECT coalesce(sum(count), 0) AS total FROM strikes WHERE agent = ? AND kind = ? AND at > ?',
          agent,
          kind,
          now - windowMs,
        )
        return Number(row?.['total'])
      }),
  }
}
