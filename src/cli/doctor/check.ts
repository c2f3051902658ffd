import type { Io } from '../io.ts'

/** `good`: as it should be. `note`: worth knowing. `warning`: weaker than it could be. `error`: something does not work. */
export type DoctorLevel = 'good' | 'note' | 'warning' | 'error'

/** One thing that a check found. INVARIANT: no value of a secret, nor anything finer than a class of lengths. */
export interface DoctorFinding {
  readonly level: DoctorLevel
  /** One line, lower case, no full stop. */
  readonly text: string
  /** What would be right; null where nothing is to be done. */
  readonly fix: string | null
}

/** One thing that `keyhand doctor` looks at. A check that throws is shown as an error of that check; the others go on. */
export interface DoctorCheck {
  /** Its name under `--json`, and in the output. */
  readonly name: string
  run(io: Io, signal: AbortSignal): Promise<readonly DoctorFinding[]>
}

export function good(text: string): DoctorFinding {
  return { level: 'good', text, fix: null }
}

export function note(text: string, fix: string | null = null): DoctorFinding {
  return { level: 'note', text, fix }
}

export function warning(text: string, fix: string | null = null): DoctorFinding {
  return { level: 'warning', text, fix }
}

export function failure(text: string, fix: string | null = null): DoctorFinding {
  return { level: 'error', text, fix }
}
