import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process so that no other is taken for it: pids are used again, and another container has its own. */
export interface ProcessIdentity {
  /** Where its pid counts: host and pid namespace. */
  readonly host: string
  readonly pid: number
  /** When it began, as the system says it; empty where that cannot be had. */
  readonly started: string
}

/** Who this process is. */
export function ownIdentity(): ProcessIdentity {
  return { host: ownHost(), pid: process.pid, started: startOf(process.pid) ?? '' }
}

/** Whether that process still runs; null where it cannot be told from here. In doubt it runs: a live one loses nothing. */
export function isRunning(identity: ProcessIdentity): boolean | null {
  if (identity.host !== ownHost()) return null
  try {
    process.kill(identity.pid, 0)
  } catch (thrown) {
    // EPERM: it runs, as another user.
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH') return false
  }
  const started = startOf(identity.pid)
  if (started === null) return false
  return identity.started === '' || started === '' || started === identity.started
}

function ownHost(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** Null where there is no such process, or only what is left of it until its parent looks. */
function startOf(pid: number): string | null {
  if (process.platform === 'linux') return linuxStart(pid)
  if (process.platform === 'win32') return ''
  try {
    const options = { encoding: 'utf8', timeout: 2_000, env: { LC_ALL: 'C', TZ: 'UTC' } } as const
    return execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], options).trim()
  } catch {
    return ''
  }
}

/** proc_pid_stat(5): after the name, which may hold anything, the state is the first field and the start the twentieth. */
function linuxStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    // Ticks since the boot: told apart from those of another boot.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${fields[19]}`
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT' ? null : ''
  }
}
