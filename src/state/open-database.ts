import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { BrokerError } from '../core/errors.ts'
import { windowMs } from '../core/rule.ts'
import { SCHEMA_STEPS } from './schema.ts'

/** How long SQLite itself waits for a lock, during which the process does nothing else. */
const BUSY_TIMEOUT_MS = 50

/**
 * Opens `state.db` in a folder that only this user can write, and brings it to the newest schema.
 *
 * @throws BrokerError `state_unavailable` where folder or schema are not as they must be; SQLite's own error otherwise.
 */
export async function openDatabase(folder: string, now: number): Promise<DatabaseSync> {
  // Loaded here, so that a start without a call does not pay for it.
  const { DatabaseSync } = await import('node:sqlite')
  makePrivateFolder(folder)
  const path = join(folder, 'state.db')
  // SQLite would make it readable for all; the files beside it take over its mode.
  closeSync(openSync(path, 'a', 0o600))
  if (process.platform !== 'win32') chmodSync(path, 0o600)
  const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    // WAL: readers and the writer do not wait for each other. NORMAL: no sync at a commit, only at a checkpoint; the file stays
    // whole after a power cut, which OFF does not promise.
    connection.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON',
    )
    migrate(connection)
    prune(connection, now)
    return connection
  } catch (thrown) {
    connection.close()
    throw thrown
  }
}

/** Makes the folder with mode 0700; one that is there must not be writable by others. */
function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (process.platform === 'win32') return
  const { mode } = statSync(folder)
  if ((mode & 0o022) !== 0) {
    throw new BrokerError('state_unavailable', 'the state folder can be written by other users', {
      fix: 'run `chmod 700` on KEYHAND_STATE',
    })
  }
}

/** What is noted of secrets that nobody asks for any more. */
const KEEP_NOTES_MS = 90 * 86_400_000

/** Forgets attempts that no window reaches any more, and notes of long ago: those of rules and secrets that are gone would stay for ever. */
function prune(connection: DatabaseSync, now: number): void {
  connection.prepare('DELETE FROM attempts WHERE at <= ?').run(now - windowMs('day'))
  connection.prepare('DELETE FROM cached_secrets WHERE ends_at <= ?').run(now - KEEP_NOTES_MS)
}

function migrate(connection: DatabaseSync): void {
  if (schemaOf(connection) === SCHEMA_STEPS.length) return
  connection.exec('BEGIN IMMEDIATE')
  try {
    connection.exec(
      'CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT',
    )
    // Asked again under the lock: another process may have been first.
    const schema = schemaOf(connection)
    if (schema > SCHEMA_STEPS.length) throw tooNew(schema)
    for (const step of SCHEMA_STEPS.slice(schema)) connection.exec(step)
    connection
      .prepare(
        "INSERT INTO meta VALUES ('schema', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      )
      .run(SCHEMA_STEPS.length)
    connection.exec('COMMIT')
  } catch (thrown) {
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw thrown
  }
}

/** How many steps the file has had; 0 where it is new. */
function schemaOf(connection: DatabaseSync): number {
  const table = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get()
  if (table === undefined) return 0
  return Number(
    connection.prepare("SELECT value FROM meta WHERE name = 'schema'").get()?.['value'] ?? 0,
  )
}

function tooNew(schema: number): BrokerError {
  return new BrokerError(
    'state_unavailable',
    `\`state.db\` has schema ${schema}, and this keyhand knows ${SCHEMA_STEPS.length}: a newer one wrote it`,
    { fix: 'use the newer keyhand for all clients' },
  )
}
