import type { AddCommand } from '../command.ts'

export const addServe: AddCommand = (program, act) => {
  program
    .command('serve')
    .description('the MCP server of one agent, on stdin and stdout')
    .requiredOption('--agent <name>', 'whose scope file decides: agents/<name>.yaml')
    .option(
      '--profile <name>',
      'one of the profiles that the scope file lists (default: its first)',
    )
    .action(
      act(async (io, options: { agent: string; profile?: string }) =>
        (await import('../serve.ts')).serve(io, options),
      ),
    )
}
