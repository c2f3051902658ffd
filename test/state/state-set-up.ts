import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openState, type State } from '../../src/state/state.ts'

/** A folder that does not exist yet, gone after the test. */
export function stateFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'keyhand-test-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'state')
}

/** A state of its own, unless a folder is given. */
export function setUpState(folder = stateFolder(), now: () => number = () => 0): State {
  const state = openState({ folder, now })
  onTestFinished(() => state.close())
  return state
}
