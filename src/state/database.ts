import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { BrokerError } from '../core/errors.ts'
import { openDatabase } from './open-database.ts'

type Row = { readonly [column: string]: SQLOutputValue }

/** What a transaction may do. */
export interface Transaction {
  run(sql: string, ...values: SQLInputValue[]): number
  get(sql: string, ...values: SQLInputValue[]): Row | undefined
  all(sql: string, ...values: SQLInputValue[]): readonly Row[]
}

/** How long one operation may wait for other processes, in all. */
const LONGEST_WAIT_MS = 3_000

/**
 * The connection to `state.db`, opened at the first use. Transactions are synchronous and short; where another process
 * holds the lock, SQLite waits 50 ms, and after that this waits without blocking the process, up to 3 seconds in all.
 *
 * @throws BrokerError `state_unavailable`, from every method.
 */
export class Database implements Transaction {
  readonly #folder: string
  readonly #now: () => number
  #connection: DatabaseSync | null = null
  #opening: Promise<DatabaseSync> | null = null
  #closed = false
  /** How many `writeSynced` are under way. */
  #synced = 0
  readonly #statements = new Map<string, StatementSync>()

  constructor(folder: string, now: () => number) {
    this.#folder = folder
    this.#now = now
  }

  /** Runs `work` in one transaction that holds the write lock from its start: all of it, or none. */
  async write<T>(work: (transaction: Transaction) => T): Promise<T> {
    return this.#patiently((connection) => {
      connection.exec('BEGIN IMMEDIATE')
      try {
        const result = work(this)
        connection.exec('COMMIT')
        return result
      } catch (thrown) {
        if (connection.isTransaction) connection.exec('ROLLBACK')
        throw thrown
      }
    })
  }

  /**
   * As `write`, and synced before it resolves: what an admin or a stop depends on survives a power cut. (All else is
   * `synchronous=NORMAL`: it survives the end of the process, and a power cut may undo the last moments but breaks nothing.)
   */
  async writeSynced<T>(work: (transaction: Transaction) => T): Promise<T> {
    const connection = await this.#open()
    // What else is written while this waits for a lock is synced as well.
    if (this.#synced === 0) connection.exec('PRAGMA synchronous = FULL')
    this.#synced += 1
    try {
      return await this.write(work)
    } finally {
      this.#synced -= 1
      if (this.#synced === 0 && !this.#closed) connection.exec('PRAGMA synchronous = NORMAL')
    }
  }

  /** Runs `work`, which only reads, in one statement. */
  async read<T>(work: (transaction: Transaction) => T): Promise<T> {
    return this.#patiently(() => work(this))
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values)
  }

  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values)
  }

  /** Closes it; whatever comes after is refused. */
  close(): void {
    this.#closed = true
    this.#statements.clear()
    this.#connection?.close()
    this.#connection = null
  }

  #isClosed(): boolean {
    return this.#closed
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    if (this.#connection === null) throw closed()
    const statement = this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  async #patiently<T>(work: (connection: DatabaseSync) => T): Promise<T> {
    const connection = await this.#open()
    return patiently(() => {
      if (this.#isClosed()) throw closed()
      return work(connection)
    })
  }

  async #open(): Promise<DatabaseSync> {
    if (this.#isClosed()) throw closed()
    if (this.#connection !== null) return this.#connection
    this.#opening ??= patiently(() => openDatabase(this.#folder, this.#now()))
    try {
      const connection = await this.#opening
      // It may have been closed meanwhile; another that waited for it too may have seen that first.
      if (this.#isClosed()) {
        if (connection.isOpen) connection.close()
        throw closed()
      }
      this.#connection = connection
      return connection
    } finally {
      // A failure is not kept: the next call tries again.
      this.#opening = null
    }
  }
}

/** Tries again, waiting a little longer each time, while another process holds the lock. */
async function patiently<T>(work: () => T | Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + LONGEST_WAIT_MS
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (thrown) {
      if (thrown instanceof BrokerError) throw thrown
      if (!isBusy(thrown) || performance.now() >= giveUpAt) throw unavailable(thrown)
      // Random, so that processes which wait for each other do not stay in step.
      const ms = Math.random() * Math.min(5 * tries, 50)
      await new Promise((resolve) => setTimeout(resolve, ms))
    }
  }
}

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_READONLY = 8
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

function isBusy(thrown: unknown): boolean {
  const code = sqliteCode(thrown)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

/** The primary result code; the extended one is above it. */
function sqliteCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return null
  return typeof thrown.errcode === 'number' ? thrown.errcode % 256 : null
}

function unavailable(thrown: unknown): BrokerError {
  const code = sqliteCode(thrown)
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new BrokerError('state_unavailable', '`state.db` is damaged', {
      fix: 'move `state.db`, `state.db-wal` and `state.db-shm` aside: limits and stops of agents begin anew, and `keyhand audit verify` says what of the trail it no longer knows',
    })
  }
  if (code === SQLITE_BUSY || code === SQLITE_LOCKED) {
    return new BrokerError('state_unavailable', '`state.db` is locked by another process', {
      fix: 'end the process that holds it, or try again',
    })
  }
  if (code === SQLITE_FULL) {
    return new BrokerError('state_unavailable', '`state.db` cannot be written: the disk is full', {
      fix: 'make room on the disk that holds KEYHAND_STATE',
    })
  }
  if (code === SQLITE_READONLY) {
    return new BrokerError('state_unavailable', '`state.db` cannot be written', {
      fix: 'make KEYHAND_STATE writable for the user that runs keyhand',
    })
  }
  const detail = systemCode(thrown) ?? (code === null ? 'unknown' : `SQLite ${code}`)
  return new BrokerError('state_unavailable', `\`state.db\` cannot be used (${detail})`, {
    fix: 'check that KEYHAND_STATE is a folder that the user who runs keyhand can write',
  })
}

function systemCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown)) return null
  return typeof thrown.code === 'string' && /^E[A-Z]+$/.test(thrown.code) ? thrown.code : null
}

function closed(): BrokerError {
  return new BrokerError('state_unavailable', 'the state is closed')
}
