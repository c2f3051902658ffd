import { Option } from 'commander'
import type { AddCommand } from '../command.ts'
import { CLIENT_NAMES } from '../install/client-names.ts'
import type { InstallOptions } from '../install/install.ts'

export const addInstall: AddCommand = (program, act) => {
  program
    .command('install')
    .description('put keyhand into the configuration of an MCP client; what else is there stays')
    .addOption(
      new Option('--client <client>', 'which client').choices(CLIENT_NAMES).makeOptionMandatory(),
    )
    .option('--agent <name>', "whose scope file decides; without it the client's own name")
    .option('--server <name>', 'what the client calls it', 'keyhand')
    .option('--project', 'for the project in this folder, not for all that you do')
    .option('--print', 'show the entry and where it belongs; write nothing')
    .option('--force', 'replace an entry of that name that says something else')
    .action(
      act(async (io, options: InstallOptions) =>
        (await import('../install/install.ts')).install(io, options),
      ),
    )
}
