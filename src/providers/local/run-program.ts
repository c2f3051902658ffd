import { type ChildProcess, spawn } from 'node:child_process'
import { userInfo } from 'node:os'
import { BrokerError } from '../../core/errors.ts'
import { checkOwnProgram } from './own-file.ts'

export interface ProgramRun {
  /** Absolute. Nobody but this user and root may be able to replace it. */
  readonly program: string
  readonly args: readonly string[]
  /** Besides HOME and a PATH of the system's folders, which are all that it has else. */
  readonly env?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** 10 s where it is left out. */
  readonly timeoutMs?: number
}

export interface ProgramEnd {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: Buffer
  /** To be looked at, never passed on: it may quote a value. */
  readonly stderr: string
}

const LONGEST_OUTPUT = 1_048_576

/**
 * Runs a program to its end, without a shell, a terminal or an input; all that it started ends with it.
 *
 * @throws BrokerError `cancelled`, `secret_timeout`, `secret_invalid` (no such program, more than 1 MiB), `config_unsafe`.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const { program, args, env = {}, signal, timeoutMs = 10_000 } = run
  const bound = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([signal, bound])
  const throwIfOver = () => {
    if (bound.aborted) throw tooSlow(program, timeoutMs)
    if (signal.aborted) throw cancelled()
  }
  await checkOwnProgram(program)
  throwIfOver()
  const child = spawn(program, args, {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const end = () => endAll(child)
  either.addEventListener('abort', end, { once: true })
  try {
    const ended = await endOf(child, program)
    throwIfOver()
    return ended
  } finally {
    either.removeEventListener('abort', end)
    end()
  }
}

function endOf(child: ChildProcess, program: string): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
    let length = 0
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length <= LONGEST_OUTPUT) output[name].push(chunk)
        else {
          endAll(child)
          reject(invalid(program, 'wrote more than 1 MiB', 'See what it writes.'))
        }
      })
    }
    child.once('error', () => {
      reject(invalid(program, 'cannot be started', `Check it: \`ls -l ${program}\`.`))
    })
    child.once('close', (code) => {
      const stderr = Buffer.concat(output.stderr).toString('utf8')
      resolve({ code, stdout: Buffer.concat(output.stdout), stderr })
    })
  })
}

/** What keyhand was started with is the agent's side: neither its PATH nor its variables lead anywhere here. */
function cleanEnvironment(): Record<string, string> {
  const windows = process.env['SystemRoot'] ?? 'C:\\Windows'
  const home = userInfo().homedir
  return process.platform === 'win32'
    ? { PATH: `${windows}\\System32`, SystemRoot: windows, USERPROFILE: home }
    : { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, LC_ALL: 'C' }
}

function endAll(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  } catch {
    // It has ended, with all of its group.
  }
}

function cancelled(): BrokerError {
  return new BrokerError('cancelled', 'the fetch was cancelled')
}

function tooSlow(program: string, ms: number): BrokerError {
  return new BrokerError('secret_timeout', `\`${program}\` did not end within ${ms / 1000} s`, {
    fix: 'Run it by hand: it may wait for the network, or for somebody to answer it.',
  })
}

function invalid(program: string, why: string, fix: string): BrokerError {
  return new BrokerError('secret_invalid', `\`${program}\` ${why}`, { fix })
}
