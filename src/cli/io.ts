import type { Readable } from 'node:stream'
import { printable } from '../audit/printable.ts'
import type { BrokerError, ErrorCode } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { type Places, placesOf } from '../places.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

/** The world as a command sees it. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Whom a command may ask; null where nobody sits at a terminal. */
  readonly terminal: Terminal | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly places: Places
  /** True where the output is for programs: one JSON value on stdout (one a line where it follows). */
  readonly json: boolean
  /** Ms since the epoch. */
  now(): number
  /** One line, or several, for the person who reads; control characters are taken out. Nothing under `--json`. */
  say(text: string): void
  /** The command's result under `--json`; nothing otherwise. */
  data(value: Json): void
  /** What went wrong or is worth a warning, on stderr. */
  warn(text: string): void
}

/** A person at a terminal. Questions are put on stderr. */
export interface Terminal {
  /** A line that is not shown while it is typed. @throws BrokerError `cancelled` at Ctrl-C. */
  hidden(question: string): Promise<string>
  /** True for a clear yes only. @throws BrokerError `cancelled` at Ctrl-C. */
  confirm(question: string): Promise<boolean>
}

/** The process's own streams and environment. */
export function processIo(json: boolean): Io {
  return createIo({
    stdin: process.stdin,
    terminal: process.stdin.isTTY && process.stderr.isTTY ? processTerminal() : null,
    env: process.env,
    json,
    now: () => Date.now(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  })
}

/** A world of these parts. */
export function createIo(
  parts: Pick<Io, 'stdin' | 'terminal' | 'env' | 'json' | 'now'> & {
    out(text: string): void
    err(text: string): void
  },
): Io {
  const { stdin, terminal, env, json } = parts
  return {
    stdin,
    terminal,
    env,
    places: placesOf(env),
    json,
    now: () => parts.now(),
    say(text) {
      if (!json) parts.out(`${lines(text)}\n`)
    },
    data(value) {
      if (json) parts.out(`${jsonLine(value)}\n`)
    },
    warn(text) {
      parts.err(`${lines(text)}\n`)
    },
  }
}

/** Says what went wrong, and what would be right, and answers the exit code for it. */
export function sayError(io: Io, error: BrokerError): ExitCode {
  io.warn(`keyhand: ${error.message}`)
  if (error.fix !== null) io.warn(`  ${error.fix}`)
  io.data({ error: { code: error.code, message: error.message, fix: error.fix } })
  return exitCodeOf(error.code)
}

/** The exit code for an error's code. */
function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case 'usage':
      return EXIT.usage
    case 'config_invalid':
    case 'config_unsafe':
      return EXIT.config
    case 'secret_not_found':
      return EXIT.no
    case 'internal':
      return EXIT.internal
    default:
      return EXIT.unavailable
  }
}

function processTerminal(): Terminal {
  const load = () => import('./terminal.ts')
  return {
    hidden: async (question) => (await load()).askHidden(question),
    confirm: async (question) => (await load()).askConfirm(question),
  }
}

/** JSON escapes only some of what a terminal obeys or a reader cannot see; escaped, it is the same value. */
function jsonLine(value: Json): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${hex4(character.charCodeAt(at))}`,
    ).join(''),
  )
}

function hex4(unit: number): string {
  return unit.toString(16).padStart(4, '0')
}

function lines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
