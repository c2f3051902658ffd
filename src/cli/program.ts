import { Command, CommanderError } from 'commander'
import { asBrokerError, BrokerError } from '../core/errors.ts'
import type { Act, AddCommand } from './command.ts'
import { addAgent } from './commands/agent.ts'
import { addAudit } from './commands/audit.ts'
import { addCan } from './commands/can.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addInit } from './commands/init.ts'
import { addInstall } from './commands/install.ts'
import { addScope } from './commands/scope.ts'
import { addSecret } from './commands/secret.ts'
import { addServe } from './commands/serve.ts'
import { addUnlock } from './commands/unlock.ts'
import { EXIT } from './exit-codes.ts'
import { type Io, processIo, sayError } from './io.ts'
import { version } from './version.ts'

/** In the order of `keyhand --help`. */
const COMMANDS: readonly AddCommand[] = [
  addInit,
  addServe,
  addInstall,
  addSecret,
  addUnlock,
  addScope,
  addCan,
  addAudit,
  addAgent,
  addDoctor,
  addDemo,
]

const AFTER_HELP = `
Exit codes:
  0   done; allowed; verified
  1   the answer is no: refused, not verified, does not resolve
  2   the command line is wrong
  3   the catalog, a scope file or a guardrail has a mistake
  4   a provider, the trail or the state cannot be reached, read or written
  70  a bug in keyhand

Folders:
  KEYHAND_HOME   catalog and scope files (default: ~/.config/keyhand)
  KEYHAND_STATE  audit trail and state (default: ~/.local/state/keyhand)
`

/** Where the command line runs: the process, or a test. */
export interface World {
  io(json: boolean): Io
  /** The text of `--help` and `--version`. */
  out(text: string): void
  /** The help that answers a command line without a command. */
  err(text: string): void
  exit(code: number): void
  /** After the command, with all that was said on its way. */
  end(): Promise<void>
}

/** Runs the command line and sets the process's exit code. Each command's own code is loaded when it is run. */
export async function run(argv: readonly string[], world: World = processWorld): Promise<void> {
  const program = createProgram(world)
  try {
    await program.parseAsync([...argv])
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    if (thrown.exitCode === 0) world.exit(EXIT.ok)
    // No command: its help stands on stderr already.
    else if (thrown.code === 'commander.help') world.exit(EXIT.usage)
    else world.exit(sayError(ioOf(program, world), usageError(thrown)))
  }
  await world.end()
}

/** The command line with every command. */
export function createProgram(world: World): Command {
  const program = new Command('keyhand')
  const act: Act =
    (command) =>
    async (...rest) => {
      const own = ioOf(program, world)
      try {
        world.exit(await command(own, ...rest))
      } catch (thrown) {
        world.exit(sayError(own, asBrokerError(thrown)))
      }
    }

  program
    .description('Your agents use your keys. They never hold them.')
    .version(version)
    .option('--json', 'print JSON for programs')
    .configureHelp({ showGlobalOptions: true })
    // What is wrong with the command line is said below, once.
    .configureOutput({
      writeOut: (text) => world.out(text),
      writeErr: (text) => world.err(text),
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText('after', AFTER_HELP)
  for (const add of COMMANDS) add(program, act)
  return program
}

function ioOf(program: Command, world: World): Io {
  return world.io(program.opts<{ json?: boolean }>().json === true)
}

const processWorld: World = {
  io: processIo,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  exit(code) {
    process.exitCode = code
  },
  async end() {
    await Promise.all([process.stdout, process.stderr].map(written))
    // A keychain that hangs holds a thread, which would hold the process for as long as it does.
    process.exit()
  },
}

/** Resolves when what was written is with the system, or with nobody since the reader has left. */
async function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return
  await new Promise<void>((resolve) => {
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })
}

/** INVARIANT: what may be a value that was typed where it does not belong is not said again: stderr may be kept in a log. */
function usageError({ code, message }: CommanderError): BrokerError {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ')
  const fix = { fix: 'see `keyhand --help`' }
  if (code === 'commander.excessArguments') {
    return new BrokerError('usage', text.replace(/\. Expected.*$/s, '').replaceAll("'", '`'), fix)
  }
  // From the first quote to the last: what is quoted may hold quotes.
  const said = text.replace(/'(.*)'/s, (_, word: string) =>
    WORD.test(word) ? `\`${word}\`` : '`…`',
  )
  return new BrokerError('usage', said, fix)
}

/** A command, an option, or an option with its placeholder. */
const WORD = /^-{0,2}[a-z]{1,16}(-[a-z]{1,16})?( [<[][\w.=-]+[>\]])?$/
