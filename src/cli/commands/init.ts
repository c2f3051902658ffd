import type { AddCommand } from '../command.ts'
import type { InitOptions } from '../init.ts'

export const addInit: AddCommand = (program, act) => {
  program
    .command('init')
    .description('make a first catalog and scope file; nothing that is there is overwritten')
    .option('--agent <name>', 'the agent that the scope file is for', 'claude-code')
    .option('--file', 'keep values in an encrypted file instead of the OS keychain')
    .option('--passphrase', 'the same, opened with a passphrase: `keyhand unlock`')
    .action(act(async (io, options: InitOptions) => (await import('../init.ts')).init(io, options)))
}
