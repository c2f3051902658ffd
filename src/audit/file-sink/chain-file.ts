import { BrokerError } from '../../core/errors.ts'
import type { Head } from '../../state/state-port.ts'
import type { AuditEvent } from '../audit-event.ts'
import { makeRecord, NO_PREVIOUS } from '../record.ts'
import type { OpenTrailFile, TrailFolder } from './trail-folder.ts'

/**
 * The longest sync for which the process itself waits. On a fast disk that is the quickest way (0.15 ms a sync, against 0.23 by way
 * of a thread: measured); on a slow one it would stop every other call, and the thread's cost does not matter.
 */
const SYNC_INLINE_BELOW_MS = 1

export interface ChainFileOptions {
  readonly folder: TrailFolder
  readonly name: string
  readonly osUser: string
  readonly pid: number
}

/** One file and its chain. After a failure it must not be appended to again. */
export class ChainFile {
  readonly #options: ChainFileOptions
  readonly #file: OpenTrailFile
  #seq = 0
  #hash = NO_PREVIOUS
  /** Bytes that are durable. */
  #length = 0
  #broken = false
  /** Unknown at first, so the first sync blocks nobody. */
  #lastSyncMs = Number.POSITIVE_INFINITY
  #syncs = 0

  private constructor(options: ChainFileOptions, file: OpenTrailFile) {
    this.#options = options
    this.#file = file
  }

  static create(options: ChainFileOptions): ChainFile {
    return new ChainFile(options, options.folder.create(options.name))
  }

  /** The newest durable record. */
  get head(): Head {
    return { file: this.#options.name, seq: this.#seq, hash: this.#hash }
  }

  get syncs(): number {
    return this.#syncs
  }

  /**
   * Writes all events in one write and one sync. Answers which of them (by index) are no records: those, and only those, are
   * not in the file.
   *
   * @throws whatever the file system throws, or BrokerError `audit_unavailable` after a short write: then none is to be taken as written.
   */
  async append(
    batch: readonly { readonly event: AuditEvent; readonly time: number }[],
  ): Promise<ReadonlyMap<number, BrokerError>> {
    const faults = new Map<number, BrokerError>()
    const { osUser, pid } = this.#options
    let [seq, prev] = [this.#seq, this.#hash]
    let lines = ''
    for (const [index, { event, time }] of batch.entries()) {
      try {
        const { record, line } = makeRecord(event, { seq: seq + 1, prev, time, osUser, pid })
        lines += `${line}\n`
        seq += 1
        prev = record.hash
      } catch (thrown) {
        const kind = thrown instanceof Error ? thrown.name : 'unknown'
        faults.set(index, new BrokerError('audit_unavailable', `the event is no record (${kind})`))
      }
    }
    if (lines !== '') {
      const bytes = Buffer.from(lines)
      await this.#commit(bytes)
      this.#length += bytes.length
      this.#seq = seq
      this.#hash = prev
    }
    return faults
  }

  /** Closes it, and cuts off what is not durable; where that fails too, `verify` reports a torn line. */
  close(): void {
    try {
      if (this.#broken) this.#file.truncate(this.#length)
    } catch {
      // The disk is what it is; the chain up to `#length` is whole.
    }
    try {
      this.#file.close()
    } catch {
      // Nothing durable depends on it.
    }
  }

  /** Closes and removes a file that never got its first record. */
  discard(): void {
    this.close()
    try {
      this.#options.folder.remove(this.#options.name)
    } catch {
      // An empty file is reported by `verify`, and its name is not used again.
    }
  }

  async #commit(bytes: Uint8Array): Promise<void> {
    // Until proven otherwise: an exception anywhere below leaves it broken.
    this.#broken = true
    if (this.#file.write(bytes) !== bytes.length) {
      throw new BrokerError('audit_unavailable', 'the trail cannot be written: the disk is full', {
        fix: 'make room on the disk that holds KEYHAND_STATE',
      })
    }
    const started = performance.now()
    if (this.#lastSyncMs < SYNC_INLINE_BELOW_MS) this.#file.syncNow()
    else await this.#file.sync()
    this.#lastSyncMs = performance.now() - started
    this.#syncs += 1
    this.#broken = false
  }
}
