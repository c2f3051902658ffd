import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before a server (`node --import`), counts its syncs from outside: the product has no switch for it. At the end it writes to
 * the file `BENCH_SYNCS` how many syncs made an intent durable, and how many an outcome: `{"intent": n, "outcome": n}`.
 */
const counts = { intent: 0, outcome: 0 }
const unsynced = new Map<number, string>()
const { writeSync, writeFileSync, fdatasync, fdatasyncSync } = fs

function synced(fd: number): void {
  const text = unsynced.get(fd) ?? ''
  unsynced.delete(fd)
  if (text.includes('"kind":"intent"')) counts.intent += 1
  if (text.includes('"kind":"outcome"')) counts.outcome += 1
}

Object.assign(fs, {
  writeSync(fd: number, data: Uint8Array) {
    unsynced.set(fd, (unsynced.get(fd) ?? '') + Buffer.from(data).toString())
    return writeSync(fd, data)
  },
  fdatasync(fd: number, done: fs.NoParamCallback) {
    synced(fd)
    fdatasync(fd, done)
  },
  fdatasyncSync(fd: number) {
    synced(fd)
    fdatasyncSync(fd)
  },
})
syncBuiltinESMExports()

process.on('exit', () => writeFileSync(process.env['BENCH_SYNCS'] ?? '', JSON.stringify(counts)))
