import { Command, CommanderError } from 'commander'
import { asBrokerError } from '../core/errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Io, processIo, sayError } from './io.ts'
import { version } from './version.ts'

/** Runs the command line and sets the process's exit code. Each command's own code is loaded when it is run. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('keyhand')
    .description('Your agents use your keys. They never hold them.')
    .version(version)
    .option('--json', 'print JSON for programs')
    .showHelpAfterError('(see `keyhand --help`)')
    .exitOverride()
  const io = () => processIo(program.opts<{ json?: boolean }>().json === true)

  /** Runs a command's function and turns what it throws into words and an exit code. */
  const act =
    <A extends unknown[]>(command: (io: Io, ...rest: A) => Promise<ExitCode>) =>
    async (...rest: A) => {
      const world = io()
      try {
        process.exitCode = await command(world, ...rest)
      } catch (thrown) {
        process.exitCode = sayError(world, asBrokerError(thrown))
      }
    }

  program
    .command('serve')
    .description('the MCP server of one agent, on stdin and stdout')
    .requiredOption('--agent <name>', 'whose scope file decides: agents/<name>.yaml')
    .action(
      act(async (world, options: { agent: string }) =>
        (await import('./serve.ts')).serve(world, options),
      ),
    )

  try {
    await program.parseAsync([...argv])
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    process.exitCode = thrown.exitCode === 0 ? EXIT.ok : EXIT.usage
  }
}
