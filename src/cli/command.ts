import type { Command } from 'commander'
import type { ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'

/** Makes a command's function into what commander calls: what it throws becomes words and an exit code. */
export type Act = <A extends unknown[]>(
  command: (io: Io, ...rest: A) => Promise<ExitCode>,
) => (...rest: A) => Promise<void>

/** Adds one command to the command line: its words. The code behind it is loaded when it is run. */
export type AddCommand = (program: Command, act: Act) => void
