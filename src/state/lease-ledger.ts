import type { Database } from './database.ts'
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts'
import type { LeaseLedger, LendingToken } from './state-port.ts'

/** A clock that is a little wrong ends nothing that still lives. */
const GRACE_MS = 60_000

/** Tokens that leases hang on, with the process that each belongs to. */
export function createLeaseLedger(database: Database): LeaseLedger {
  return {
    put: async ({ accessor, place, endsAt }) => {
      const { host, pid, started } = ownIdentity()
      await database.writeSynced((transaction) =>
        transaction.run(
          'INSERT INTO lending_tokens (accessor, place, ends_at, host, pid, started) VALUES (?, ?, ?, ?, ?, ?)',
          accessor,
          place,
          endsAt,
          host,
          pid,
          started,
        ),
      )
    },

    extend: async (accessor, endsAt) => {
      await database.write((transaction) =>
        transaction.run(
          'UPDATE lending_tokens SET ends_at = ? WHERE accessor = ?',
          endsAt,
          accessor,
        ),
      )
    },

    remove: async (accessor) => {
      await database.write((transaction) =>
        transaction.run('DELETE FROM lending_tokens WHERE accessor = ?', accessor),
      )
    },

    orphans: async (now) => {
      const rows = await database.read((transaction) =>
        transaction.all(
          'SELECT accessor, place, ends_at, host, pid, started FROM lending_tokens ORDER BY accessor',
        ),
      )
      // Of a process on another host, or in another container, only the end of its time can be known.
      return rows
        .map((row) => ({ token: tokenOf(row), running: isRunning(ownerOf(row)) }))
        .filter(({ token, running }) =>
          running === null ? token.endsAt + GRACE_MS <= now : !running,
        )
        .map(({ token }) => token)
    },
  }
}

type Row = { readonly [column: string]: unknown }

function tokenOf(row: Row): LendingToken {
  return {
    accessor: String(row['accessor']),
    place: String(row['place']),
    endsAt: Number(row['ends_at']),
  }
}

function ownerOf(row: Row): ProcessIdentity {
  return { host: String(row['host']), pid: Number(row['pid']), started: String(row['started']) }
}
