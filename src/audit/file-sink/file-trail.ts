import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { BrokerError } from '../../core/errors.ts'
import type { Head, Heads } from '../../state/state-port.ts'
import type { AuditEvent, AuditTrail } from '../audit-event.ts'
import { hasCredential, maskCredentials } from '../path-mask.ts'
import { NO_PREVIOUS } from '../record.ts'
import { ChainFile, type ChainFileOptions } from './chain-file.ts'
import { Gathering } from './gathering.ts'
import { HeadKeeper } from './head-keeper.ts'
import { type TrailFolder, trailFolder } from './trail-folder.ts'
import { TRAIL_FOLDER, trailFileName } from './trail-name.ts'

export interface FileTrailOptions {
  /** KEYHAND_STATE: the trail is in its folder `audit`. */
  readonly state: string
  readonly heads: Heads
  /** Ms since the epoch. */
  now(): number
  readonly osUser: string
  readonly pid: number
  /** The key of `maskPath`; asked for when a path first has something to mask. */
  maskKey(): Promise<Uint8Array>
  /** The file system; the real one where it is left out. */
  readonly folder?: TrailFolder
}

/** A trail in a file of its own, which is made with the first record. */
export interface FileTrail extends AuditTrail {
  /** How often it synced, for tests and measurements. */
  readonly syncs: number
}

/** Makes the trail of this process. Nothing is read or made before the first record. */
export function createFileTrail(options: FileTrailOptions): FileTrail {
  return new GroupCommitTrail(options)
}

interface Waiting {
  readonly event: AuditEvent
  readonly time: number
  resolve(): void
  reject(error: BrokerError): void
}

/**
 * Appends in the order of the calls. What arrives while a write is under way, or within its gathering time, shares one write
 * and one sync.
 *
 * INVARIANT: a file with a failed write or sync is never written again: what the disk holds of it is not known any more
 * (after a failed fsync the kernel forgets what it could not write). What was refused is cut off, and the next record opens a fresh file.
 */
class GroupCommitTrail implements FileTrail {
  readonly #options: FileTrailOptions
  readonly #folder: TrailFolder
  readonly #heads: HeadKeeper
  readonly #gathering = new Gathering()
  #queue: Waiting[] = []
  #running: Promise<void> | null = null
  #wake: (() => void) | null = null
  #file: ChainFile | null = null
  /** For a file that could not be made yet. */
  #claimed: { name: string | null; readonly heads: Head[] } = { name: null, heads: [] }
  #syncs = 0
  #closed = false

  constructor(options: FileTrailOptions) {
    this.#options = options
    this.#folder = options.folder ?? trailFolder(join(options.state, TRAIL_FOLDER))
    this.#heads = new HeadKeeper(options.heads)
  }

  get syncs(): number {
    return this.#syncs + (this.#file?.syncs ?? 0)
  }

  append(event: AuditEvent): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#closed) {
        reject(new BrokerError('audit_unavailable', 'the trail is closed'))
        return
      }
      this.#queue.push({ event, time: this.#options.now(), resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async maskPath(path: string): Promise<string> {
    return hasCredential(path) ? maskCredentials(path, await this.#options.maskKey()) : path
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wake?.()
    await this.#running
    this.#abandon()
    await this.#heads.settled()
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather()
      const batch = this.#queue
      this.#queue = []
      await this.#write(batch)
    }
    this.#running = null
  }

  /** Lets the turn of the event loop end, so that calls which run side by side share a sync, and waits for others where many are under way; a lone call waits for neither. */
  async #gather(): Promise<void> {
    const [first] = this.#queue
    if (this.#queue.length === 1 && this.#gathering.alone(first?.event.call)) return
    await new Promise((resolve) => setImmediate(resolve))
    const until = performance.now() + this.#gathering.delay(this.#queue.length)
    for (;;) {
      const ms = until - performance.now()
      if (ms <= 0 || this.#closed || this.#gathering.delay(this.#queue.length) === 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(Math.ceil(ms), 2))
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = null
    }
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      this.#file ??= await this.#open()
      const faults = await this.#file.append(batch)
      this.#heads.keep(this.#file.head)
      for (const [index, { event, resolve, reject }] of batch.entries()) {
        const fault = faults.get(index)
        if (fault === undefined) {
          this.#gathering.saw(event)
          resolve()
        } else reject(fault)
      }
    } catch (thrown) {
      this.#abandon()
      const error = unavailable(thrown)
      for (const { event, reject } of batch) {
        // Its call is over, recorded or not.
        if (event.kind === 'outcome') this.#gathering.saw(event)
        reject(error)
      }
    }
  }

  async #open(): Promise<ChainFile> {
    const { now, osUser, pid, heads } = this.#options
    // A disk that stays full must not use up names: the claimed one is tried again, and so are the heads it is to name.
    this.#claimed.name ??= await this.#announce()
    const { name } = this.#claimed
    // The file before this one is named with its newest record.
    await this.#heads.settled()
    this.#claimed.heads.push(...(await heads.claimUnnamed(name)))
    const file = this.#create({ folder: this.#folder, name, osUser, pid })
    const named = [...this.#claimed.heads]
    const open: AuditEvent = named.length === 0 ? { kind: 'open' } : { kind: 'open', heads: named }
    try {
      const faults = await file.append([{ event: open, time: now() }])
      for (const fault of faults.values()) throw fault
    } catch (thrown) {
      this.#syncs += file.syncs
      file.discard()
      throw thrown
    }
    this.#claimed = { name: null, heads: [] }
    return file
  }

  /** A new name, in state.db before the file is there: a file that state.db does not know was not made by keyhand. */
  async #announce(): Promise<string> {
    const { now, pid, heads } = this.#options
    const name = trailFileName(now(), pid, randomBytes(4).toString('hex'))
    await heads.put({ file: name, seq: 0, hash: NO_PREVIOUS })
    return name
  }

  #create(options: ChainFileOptions): ChainFile {
    try {
      return ChainFile.create(options)
    } catch (thrown) {
      // Left behind by a failure that could not be cleaned up: the next try takes another name.
      if (codeOf(thrown) === 'EEXIST') this.#claimed.name = null
      throw thrown
    }
  }

  #abandon(): void {
    this.#syncs += this.#file?.syncs ?? 0
    this.#file?.close()
    this.#file = null
  }
}

function unavailable(thrown: unknown): BrokerError {
  if (thrown instanceof BrokerError && thrown.code === 'audit_unavailable') return thrown
  if (thrown instanceof BrokerError) {
    const options = { cause: thrown, ...(thrown.fix === null ? {} : { fix: thrown.fix }) }
    const message = `the trail cannot be written: ${thrown.message}`
    return new BrokerError('audit_unavailable', message, options)
  }
  const code = codeOf(thrown)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new BrokerError('audit_unavailable', 'the trail cannot be written: the disk is full', {
      fix: 'make room on the disk that holds KEYHAND_STATE',
    })
  }
  const detail = code ?? (thrown instanceof Error ? thrown.name : 'unknown')
  return new BrokerError('audit_unavailable', `the trail cannot be written (${detail})`, {
    fix: 'check that KEYHAND_STATE is a folder that the user who runs keyhand can write',
  })
}

function codeOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown)) return null
  return typeof thrown.code === 'string' ? thrown.code : null
}
