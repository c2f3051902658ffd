import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AuditRecord } from '../../../src/audit/audit-event.ts'
import { createFileTrail, type FileTrail } from '../../../src/audit/file-sink/file-trail.ts'
import { type TrailFolder, trailFolder } from '../../../src/audit/file-sink/trail-folder.ts'
import { listTrail } from '../../../src/audit/file-sink/trail-reader.ts'
import { type VerifyReport, verifyTrail } from '../../../src/audit/verify.ts'
import { openState, type State } from '../../../src/state/state.ts'

/** A folder of its own, gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyhand-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'state')
}

/** A trail on a real state.db, in a folder of its own unless one is given. */
export function setUpTrail(
  folder = temporaryFolder(),
  faults: (real: TrailFolder) => TrailFolder = (real) => real,
): { folder: string; state: State; trail: FileTrail } {
  const now = (): number => Date.now()
  const state = openState({ folder, now })
  const trail = createFileTrail({
    state: folder,
    heads: state.heads,
    now,
    osUser: 'ada',
    pid: process.pid,
    maskKey: () => state.maskKey(),
    folder: faults(trailFolder(join(folder, 'audit'))),
  })
  onTestFinished(async () => {
    await trail.close()
    state.close()
  })
  return { folder, state, trail }
}

/** Heads first, then the files, as the command does. */
export async function verifyFolder(folder: string): Promise<VerifyReport> {
  const state = openState({ folder, now: () => Date.now() })
  const heads = await state.heads.all()
  const report = await verifyTrail(await listTrail(folder), heads)
  state.close()
  return report
}

/** The names of the trail's files. */
export function filesOf(folder: string): string[] {
  return readdirSync(join(folder, 'audit')).sort()
}

/** All whole records, file by file. */
export function recordsOf(folder: string): AuditRecord[] {
  return filesOf(folder).flatMap((name) =>
    readFileSync(join(folder, 'audit', name), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AuditRecord),
  )
}
